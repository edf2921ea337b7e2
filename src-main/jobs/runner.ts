import PQueue from 'p-queue'
import type { ErrorShape } from '../contract/error-shape.ts'
import { toErrorShape } from '../contract/errors.ts'
import type { RunEvent } from '../contract/events.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { RunState, RunSummary } from '../contract/run.ts'
import type { Job, JobFolders } from '../pipeline/job.ts'
import { findCalibration } from '../store/calibrations.ts'
import { clearJournal } from '../store/journal.ts'
import type { StoredRun } from '../store/run-rows.ts'
import { changeRun, claimRun, createRun, readRun, setState } from '../store/runs.ts'
import type { Store } from '../store/store.ts'
import { executeJob, type Outcome, type Watcher } from './execute.ts'
import { secureOutput } from './free-output.ts'
import type { SpawnEngine } from './messages.ts'
import { createRecorder } from './recorder.ts'

/** Works on runs, one at a time, each job in an engine process of its own. Closed in `finally`. */
export interface Runner {
  /** Makes a run and works on it up to its plan. */
  prepare(recipe: Recipe): RunSummary
  /** Goes on from the plan to the report. @throws ExpectedError 'run-not-found', 'run-busy', 'run-not-resumable' */
  start(runId: string): RunSummary
  /** Goes on where a run stopped. @throws the same */
  resume(runId: string): RunSummary
  /** Stops a run at work; answers when its engine is gone. Nothing happens to a run that does not work. */
  cancel(runId: string): Promise<RunSummary>
  /** Runs a job that belongs to no run. */
  execute(job: Job, watcher: Watcher): Promise<Outcome>
  /** A new listener first hears how far the run at work is. Returns the function that ends the subscription. */
  subscribe(listener: (event: RunEvent) => void): () => void
  /** Stops everything; runs at work become 'interrupted'. */
  close(): Promise<void>
}

interface Active { readonly abort: AbortController; readonly ended: Promise<void> }

/** Why a run is stopped, as the reason of its abort signal. */
type Reason = 'cancelled' | 'interrupted'

/** @param resources folder of the product's own files */
export function createRunner(store: Store, spawn: SpawnEngine, resources: string): Runner {
  const queue = new PQueue({ concurrency: 1 })
  const active = new Map<string, Active>()
  const listeners = new Set<(event: RunEvent) => void>()
  const latest = new Map<string, RunEvent>()
  const folders: JobFolders = { calibrations: store.folders.calibrations, outputs: store.folders.outputs, resources }

  const tell = (event: RunEvent): void => {
    remember(latest, event)
    for (const listener of listeners) listener(event)
  }
  const enqueue = (runId: string, state: RunState): RunSummary => {
    const abort = new AbortController()
    tell({ kind: 'state', runId, state, error: null })
    const ended = queue.add(() => work(runId, abort.signal))
    active.set(runId, { abort, ended })
    return readRun(store, runId).summary
  }
  const execute = (runId: string, job: Job, signal: AbortSignal): Promise<Outcome> => {
    const recorder = createRecorder(store, runId, tell)
    return executeJob(spawn, job, { signal, onEvent: recorder.onEvent, onMemory: recorder.onMemory })
      .finally(() => recorder.settle())
  }
  const finish = (runId: string, state: RunState, error: ErrorShape | null): void => {
    // First, so that a listener may start the run again at once.
    active.delete(runId)
    setState(store, runId, state, error)
    tell({ kind: 'state', runId, state, error })
  }
  const work = async (runId: string, signal: AbortSignal): Promise<void> => {
    try {
      const [goal, outcome] = await workOn(store, runId, signal, folders, (job) => execute(runId, job, signal))
      if (outcome.kind === 'finished') finish(runId, goal, null)
      else if (outcome.kind === 'aborted') finish(runId, signal.reason as Reason, null)
      else finish(runId, outcome.kind === 'crashed' ? 'interrupted' : 'failed', outcome.error)
    } catch (error) {
      finish(runId, 'failed', toErrorShape(error))
    }
  }

  return {
    prepare: (recipe) => enqueue(createRun(store, recipe), 'preparing'),
    start(runId) {
      claimRun(store, runId, ['planned'], 'running')
      return enqueue(runId, 'running')
    },
    resume(runId) {
      const state = readRun(store, runId).plan === null ? 'preparing' : 'running'
      claimRun(store, runId, ['interrupted', 'cancelled', 'failed'], state)
      return enqueue(runId, state)
    },
    async cancel(runId) {
      await stop(active.get(runId), 'cancelled')
      return readRun(store, runId).summary
    },
    execute: (job, watcher) => queue.add(() => executeJob(spawn, job, watcher)),
    subscribe(listener) {
      for (const event of latest.values()) listener(event)
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      await Promise.all([...active.values()].map((run) => stop(run, 'interrupted')))
      await queue.onIdle()
    },
  }
}

async function stop(run: Active | undefined, reason: Reason): Promise<void> {
  run?.abort.abort(reason)
  await run?.ended
}

/** What a new listener is told: how far each run at work is, and every layer's coverage. */
function remember(latest: Map<string, RunEvent>, event: RunEvent): void {
  if (event.kind === 'state') {
    for (const key of latest.keys()) if (key.startsWith(`${event.runId} `)) latest.delete(key)
  }
  if (event.kind === 'progress' || event.kind === 'stage') latest.set(`${event.runId} ${event.kind}`, event)
  if (event.kind === 'coverage') latest.set(`${event.runId} coverage ${event.coverage.layer}`, event)
}

/** The jobs a run still needs, one after the other: the state it has when all went well, and how the last one ended. */
async function workOn(
  store: Store, runId: string, signal: AbortSignal, folders: JobFolders, execute: (job: Job) => Promise<Outcome>,
): Promise<['planned' | 'done', Outcome]> {
  const run = readRun(store, runId)
  const goal = run.summary.state === 'running' ? 'done' : 'planned'
  const prepare: Job = { kind: 'prepare', recipe: run.recipe, folders, stopAfter: 'plan' }
  if (goal === 'planned') return [goal, await execute(prepare)]

  secureOutput(store, run)
  let calibrationPath = await calibrationOf(store, run)
  if (calibrationPath === null) {
    // Its file was deleted or damaged since: measure again, which plans again.
    const outcome = await execute(prepare)
    if (outcome.kind !== 'finished') return [goal, outcome]
    calibrationPath = await calibrationOf(store, readRun(store, runId))
  }
  if (signal.aborted) return [goal, { kind: 'aborted' }]
  const { recipe, plan, summary, journal } = readRun(store, runId)
  if (plan === null || summary.outPath === null || calibrationPath === null) throw new Error(`run ${runId} has no plan to work from`)
  changeRun(store, runId, { stage: 'compress' })
  const finish = { kind: 'finish', recipe, folders, plan, calibrationPath, outPath: summary.outPath } as const
  const outcome = await execute({ ...finish, journal })
  if (journal.length === 0 || outcome.kind !== 'failed' || outcome.error.code !== 'run-not-resumable') return [goal, outcome]
  // What the journal tells of is no longer on disk as it was: only starting over is left.
  clearJournal(store, runId)
  return [goal, await execute({ ...finish, journal: [] })]
}

async function calibrationOf(store: Store, run: StoredRun): Promise<string | null> {
  if (run.calibrationFingerprint === null) return null
  return (await findCalibration(store, run.calibrationFingerprint))?.path ?? null
}
