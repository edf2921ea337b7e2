import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import type { CallInput, CallName, CallOutput } from '../../src-main/contract/calls.ts'
import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import { useApi } from '../api/api.ts'
import { toFailure } from '../api/failure.ts'

const PAUSE_MS = 120

/**
 * The answer to a call whose input people are still changing: asked again a moment after every change; the last question wins.
 * Parts of the input named in `regardless` do not change the answer: they are sent, but not asked about again.
 */
export function useAsked<N extends CallName>(name: N, input: Ref<CallInput<N> | null>, regardless: readonly string[] = []) {
  const api = useApi()
  const answer = shallowRef<CallOutput<N> | null>(null)
  const failure = ref<ErrorShape | null>(null)
  const key = computed(() => JSON.stringify(input.value, (part: string, value: unknown) => (regardless.includes(part) ? undefined : value)))
  const answered = ref<string | null>(null)
  /** Whether the answer is to what is asked now. */
  const fresh = computed(() => answered.value === key.value)
  let question = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function ask(asked: CallInput<N>, askedKey: string): Promise<void> {
    const mine = ++question
    try {
      const said = await api.call(name, asked)
      if (mine !== question) return
      answer.value = said
      answered.value = askedKey
      failure.value = null
    } catch (error) {
      if (mine === question) failure.value = toFailure(error)
    }
  }

  watch(
    key,
    () => {
      clearTimeout(timer)
      const { value: asked } = input
      if (asked === null) failure.value = null
      else timer = setTimeout(() => void ask(asked, key.value), answer.value === null ? 0 : PAUSE_MS)
    },
    { immediate: true },
  )
  onScopeDispose(() => clearTimeout(timer))
  return { answer, fresh, failure }
}
