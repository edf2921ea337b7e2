import type { RunEvent } from '../contract/events.ts'
import type { Job } from '../pipeline/job.ts'
import { readRun } from '../store/runs.ts'
import type { Store } from '../store/store.ts'
import { writableFolders } from '../store/writable-folders.ts'
import { executeJob, type Outcome } from './execute.ts'
import type { SampleCard } from './gauges.ts'
import type { SpawnEngine } from './messages.ts'
import type { PatientWrites } from './patient-writes.ts'
import type { Recorder } from './recorder.ts'
import type { RunControl } from './run-control.ts'
import { watchGauges } from './run-gauges.ts'
import { workOn } from './work-on.ts'

/** What working on runs takes. */
export interface Workshop {
  readonly store: Store
  readonly writes: PatientWrites
  readonly spawn: SpawnEngine
  /** Folder of the product's own files. */
  readonly resources: string
  readonly sampleCard: SampleCard | null
  tell(event: RunEvent): void
}

/** A run in work: as 'preparing' it has no plan yet, as 'running' it has one. */
export interface RunInWork {
  readonly runId: string
  readonly control: RunControl
  readonly recorder: Recorder
  state: 'preparing' | 'running'
}

/** Works on a run; what its engines tell is recorded, the machine is watched. @param onPlanned the run goes on to write its plan */
export async function workWatched(
  { store, writes, spawn, resources, sampleCard, tell }: Workshop,
  { runId, control, recorder, state }: RunInWork,
  onPlanned: () => void,
): ReturnType<typeof workOn> {
  const folders = { ...writableFolders(store), resources }
  const run = readRun(store, runId)
  const path = (): string => run.summary.outPath ?? run.recipe.outPath ?? `${folders.outputs}/model`
  const gauges = watchGauges({
    store,
    writes,
    runId,
    earlier: run.gauges ?? [],
    path,
    sampleCard,
    elapsedSeconds: recorder.elapsedSeconds,
    tell,
  })
  const execute = (job: Job): Promise<Outcome> => {
    recorder.nextJob()
    return executeJob(spawn, job, {
      signal: control.signal,
      low: control.low,
      onStart: control.onStart,
      onEvent: (event) => {
        recorder.onEvent(event)
        control.onEvent(event)
      },
      onMemory: (memory) => {
        recorder.onMemory(memory)
        gauges.onMemory(memory)
      },
    }).finally(() => recorder.settle())
  }
  return workOn({ store, writes, runId, state, folders, control, execute, onPlanned }).finally(() => gauges.stop())
}
