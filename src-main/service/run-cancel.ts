import { removeUnfinished } from '../jobs/unfinished.ts'
import type { RunSummary } from '../contract/run.ts'
import { readRun } from '../store/runs.ts'
import type { ServiceDependencies } from './dependencies.ts'

/**
 * run.cancel: stops a run's engine within five seconds; finished layers are kept, or without `keep` deleted with all that is unfinished.
 */
export async function runCancel(
  { runner, store }: ServiceDependencies,
  { runId, keep }: { runId: string; keep: boolean },
): Promise<RunSummary> {
  const summary = await runner.cancel(runId)
  if (keep || summary.state !== 'cancelled') return summary
  await removeUnfinished(store, readRun(store, runId))
  return readRun(store, runId).summary
}
