import type { RunSummary } from '../contract/run.ts'
import { stopChecks } from './check-run.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** run.resume: goes on where an interrupted, cancelled or failed run stopped. */
export function runResume(dependencies: ServiceDependencies, { runId }: { runId: string }): RunSummary {
  stopChecks(dependencies)
  return dependencies.runner.resume(runId)
}
