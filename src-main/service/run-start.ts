import type { RunSummary } from '../contract/run.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** run.start: compress and report of a planned run. */
export function runStart({ runner }: ServiceDependencies, { runId }: { runId: string }): RunSummary {
  return runner.start(runId)
}
