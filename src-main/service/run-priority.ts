import { readRun } from '../store/runs.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** run.priority: whether the run at work yields to other programs from now on. Nothing happens to a run that does not work. */
export function runPriority(
  { runner, store }: ServiceDependencies,
  { runId, low }: { runId: string; low: boolean },
): Record<string, never> {
  readRun(store, runId)
  runner.setPriority(runId, low)
  return {}
}
