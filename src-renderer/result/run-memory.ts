import { ref, watch, type Ref } from 'vue'
import type { MemoryUse } from '../../src-main/contract/curve.ts'
import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import { useApi } from '../api/api.ts'
import { toFailure } from '../api/failure.ts'

/** The memory a finished run's model takes; empty until it is known, or where it cannot be. */
export function useRunMemory(
  runId: Ref<string>,
  ready: Ref<boolean>,
): { readonly uses: Ref<readonly MemoryUse[]>; readonly failure: Ref<ErrorShape | null> } {
  const api = useApi()
  const uses = ref<readonly MemoryUse[]>([])
  const failure = ref<ErrorShape | null>(null)
  watch(
    [runId, ready],
    async ([id, isReady]) => {
      uses.value = []
      failure.value = null
      if (!isReady) return
      try {
        const known = await api.call('run.memory', { runId: id })
        if (id === runId.value) uses.value = [...known].sort((a, b) => a.contextTokens - b.contextTokens)
      } catch (error) {
        failure.value = toFailure(error)
      }
    },
    { immediate: true },
  )
  return { uses, failure }
}
