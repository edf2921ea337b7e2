import type { RunSummary } from '../contract/run.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** run.pause: stops a run so that it can be gone on with, at once or when the layer at work is written. */
export function runPause({ runner }: ServiceDependencies, { runId, when }: { runId: string; when: 'now' | 'layer' }): RunSummary {
  return runner.pause(runId, when)
}
