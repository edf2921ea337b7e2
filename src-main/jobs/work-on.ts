import type { Job, JobFolders } from '../pipeline/job.ts'
import { findCalibration } from '../store/calibrations.ts'
import { clearJournal } from '../store/journal.ts'
import type { StoredRun } from '../store/run-rows.ts'
import { changeRun, hasBegun, readRun, runsWithOutput } from '../store/runs.ts'
import type { Store } from '../store/store.ts'
import type { Outcome } from './execute.ts'
import { secureOutput } from './free-output.ts'
import { holdOutput } from './hold-output.ts'
import type { PatientWrites } from './patient-writes.ts'
import type { RunControl } from './run-control.ts'

/** What working on a run takes. */
export interface Work {
  readonly store: Store
  readonly writes: PatientWrites
  readonly runId: string
  /** 'running': it has a plan already. */
  readonly state: 'preparing' | 'running'
  readonly folders: JobFolders
  readonly control: RunControl
  execute(job: Job): Promise<Outcome>
  /** A run that does not rest at its plan goes on to write it. */
  onPlanned(): void
}

/** The jobs a run still needs, one after the other: the state it has when all went well, and how the last one ended. */
export async function workOn(work: Work): Promise<['planned' | 'done', Outcome]> {
  const { store, runId, folders, control, execute } = work
  const run = readRun(store, runId)
  const prepare: Job = { kind: 'prepare', recipe: run.recipe, folders, stopAfter: 'plan', goesOn: !run.stopsAtPlan }
  if (work.state === 'preparing') {
    const outcome = await execute(prepare)
    if (run.stopsAtPlan || outcome.kind !== 'finished') return ['planned', outcome]
    // Held while the plan was at its end: nothing is in memory any more.
    if (control.held) control.stop('paused')
    if (control.signal.aborted) return ['done', { kind: 'aborted' }]
    work.onPlanned()
  }
  return ['done', await write(work, prepare)]
}

/** From the plan to the report. */
async function write({ store, writes, runId, folders, control, execute }: Work, prepare: Job): Promise<Outcome> {
  const run = readRun(store, runId)
  secureOutput(store, run)
  let calibrationPath = await writes.perform(() => calibrationOf(store, run))
  if (calibrationPath === null) {
    // Its file was deleted or damaged since: measure again, which plans again.
    const outcome = await execute(prepare)
    if (outcome.kind !== 'finished') return outcome
    calibrationPath = await writes.perform(() => calibrationOf(store, readRun(store, runId)))
  }
  if (control.held) control.stop('paused')
  if (control.signal.aborted) return { kind: 'aborted' }
  const { recipe, plan, summary, journal } = readRun(store, runId)
  if (plan === null || summary.outPath === null || calibrationPath === null) throw new Error(`run ${runId} has no plan to work from`)
  const hold = holdOutput(summary.outPath)
  try {
    const ownsPartial = hasBegun(store, summary.outPath)
    writes.write(() => changeRun(store, runId, { stage: 'compress' }))
    // Nothing is written before the store knows whose it is.
    await writes.settle()
    control.enter('compress')
    const ownsOutput = runsWithOutput(store, summary.outPath, ['done'], runId).length === 0
    const finish = { kind: 'finish', recipe, folders, plan, calibrationPath, outPath: summary.outPath, ownsPartial, ownsOutput } as const
    const outcome = await execute({ ...finish, journal })
    if (journal.length === 0 || outcome.kind !== 'failed' || outcome.error.code !== 'run-not-resumable') return outcome
    // What the journal tells of is no longer on disk as it was: only starting over is left.
    clearJournal(store, runId)
    return await execute({ ...finish, journal: [], ownsPartial: true })
  } finally {
    hold.release()
  }
}

async function calibrationOf(store: Store, run: StoredRun): Promise<string | null> {
  if (run.calibrationFingerprint === null) return null
  return (await findCalibration(store, run.calibrationFingerprint))?.path ?? null
}
