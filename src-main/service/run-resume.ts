import type { RunSummary } from '../contract/run.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** run.resume: goes on where an interrupted, cancelled or failed run stopped. */
export function runResume({ runner }: ServiceDependencies, { runId }: { runId: string }): RunSummary {
  return runner.resume(runId)
}
