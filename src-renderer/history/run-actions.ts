import { computed, type ComputedRef } from 'vue'
import { useRouter } from 'vue-router'
import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import type { RunSummary } from '../../src-main/contract/run.ts'
import { useApi } from '../api/api.ts'
import { useAction, type Action } from '../api/failure.ts'
import { pageOf } from '../ui/page-of.ts'
import { useDraft } from '../stores/draft.ts'

/** What can be done with one run of a list; `failure` is the last thing that went wrong. */
export interface RunActions {
  readonly resume: Action<[]>
  readonly again: Action<[]>
  readonly clone: Action<[]>
  readonly reveal: Action<[]>
  readonly failure: ComputedRef<ErrorShape | null>
}

/** Going on with a run, the same once more, or its recipe as the start of another. Each leads to the page where that goes on. */
export function useRunActions(run: () => RunSummary): RunActions {
  const api = useApi()
  const router = useRouter()
  const draft = useDraft()
  const resume = useAction(async () => {
    await router.push(pageOf(await api.call('run.resume', { runId: run().id })))
  })
  const again = useAction(async () => {
    const { recipe } = await api.call('run.get', { runId: run().id })
    await router.push(pageOf(await api.call('run.begin', { recipe, check: null })))
  })
  const clone = useAction(async () => {
    await draft.takeFrom(await api.call('run.get', { runId: run().id }))
    // The plan this recipe led to stays in the history.
    draft.plannedRunId = null
    await router.push({ name: 'goal' })
  })
  const reveal = useAction(() => api.call('host.reveal', { runId: run().id }))
  const failure = computed(() => [resume, again, clone, reveal].map((action) => action.failure.value).find((each) => each !== null) ?? null)
  return { resume, again, clone, reveal, failure }
}
