import type { RunSummary } from '../contract/run.ts'
import { stopChecks } from './check-run.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** run.start: compress and report of a planned run. */
export function runStart(dependencies: ServiceDependencies, { runId }: { runId: string }): RunSummary {
  stopChecks(dependencies)
  return dependencies.runner.start(runId)
}
