import type { RunDetail } from '../contract/run.ts'
import { readRun } from '../store/runs.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** run.get: everything about one run. */
export function runGet({ store }: ServiceDependencies, { runId }: { runId: string }): RunDetail {
  return readRun(store, runId)
}
