import { useApi } from '../api/api.ts'
import { useAction, type Action } from '../api/failure.ts'
import { useLiveRuns } from '../stores/live.ts'
import { useRuns } from '../stores/runs.ts'

/** Lets a run go on where it stopped. */
export function useResuming(runId: () => string): Action<[]> {
  const api = useApi()
  const store = useLiveRuns()
  const runs = useRuns()
  return useAction(async () => {
    await api.call('run.resume', { runId: runId() })
    await store.load(runId())
    void runs.refresh()
  })
}
