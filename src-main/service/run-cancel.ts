import type { RunSummary } from '../contract/run.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** run.cancel: stops a run's engine within five seconds; finished layers are kept. */
export function runCancel({ runner }: ServiceDependencies, { runId }: { runId: string }): Promise<RunSummary> {
  return runner.cancel(runId)
}
