import { computed, ref, watch, type Ref } from 'vue'
import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import { toFailure } from '../api/failure.ts'
import { useLiveRuns } from './live.ts'

/** The run a page shows: read once, then kept current by events. */
export function useFollowedRun(runId: Ref<string>) {
  const store = useLiveRuns()
  const failure = ref<ErrorShape | null>(null)
  const live = computed(() => store.runs.get(runId.value) ?? null)

  async function load(): Promise<void> {
    try {
      await store.load(runId.value)
      failure.value = null
    } catch (error) {
      failure.value = toFailure(error)
    }
  }

  watch(runId, () => void load(), { immediate: true })
  return { live, failure, load }
}
