import { onScopeDispose, ref, type Ref } from 'vue'

/** Page time in milliseconds, once a second. */
export function useClock(): Ref<number> {
  const now = ref(performance.now())
  const timer = setInterval(() => (now.value = performance.now()), 1000)
  onScopeDispose(() => clearInterval(timer))
  return now
}
