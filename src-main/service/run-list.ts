import type { RunSummary } from '../contract/run.ts'
import { listRuns } from '../store/runs.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** run.list: every run, newest first. */
export function runList({ store }: ServiceDependencies): RunSummary[] {
  return listRuns(store)
}
