import { setTimeout as delay } from 'node:timers/promises'
import PQueue from 'p-queue'
import type { ErrorShape } from '../contract/error-shape.ts'
import { ExpectedError, toErrorShape } from '../contract/errors.ts'
import type { RunState, RunSummary } from '../contract/run.ts'
import { holdRun, readRun, setState } from '../store/runs.ts'
import { toStoreError } from '../store/database.ts'
import { createPatientWrites } from './patient-writes.ts'
import { createRecorder } from './recorder.ts'
import { createRunControl, type StopReason, type RunControl } from './run-control.ts'
import { workWatched, type RunInWork, type Workshop } from './work-watched.ts'

/** The runs at work, in line, or paused in memory: one works at a time. */
export interface RunsInWork {
  /** Puts a run of this process in line. */
  enqueue(runId: string, state: RunInWork['state']): RunSummary
  control(runId: string): RunControl | null
  ids(): string[]
  /** The run whose engine waits in place, if there is one. */
  held(): string | null
  /** Takes a pause back. @throws ExpectedError 'run-busy' when the run was not paused */
  goOn(runId: string): RunSummary
  /** Stops a run; answers when its engine is gone. */
  stop(runId: string, reason: StopReason): Promise<void>
  /** Gives a run the state it rests in. */
  rest(runId: string, state: RunState, error: ErrorShape | null): void
  /** Work that belongs to no run waits in the same line. */
  inLine<T>(work: () => Promise<T>): Promise<T>
  stopAll(reason: StopReason): Promise<void>
}

/** Time the last lines of a closing store get. */
const LAST_WRITES_MS = 2000

interface Active extends RunInWork {
  ended: Promise<void>
}

export function createRunsInWork(place: Omit<Workshop, 'writes'>): RunsInWork {
  const { store, tell } = place
  const queue = new PQueue({ concurrency: 1 })
  const active = new Map<string, Active>()
  const writes = createPatientWrites(store, {
    say: (level, line) => active.forEach((_, runId) => tell({ kind: 'log', runId, level, line })),
  })
  const workshop: Workshop = { ...place, writes }
  const tellState = (runId: string, state: RunState, error: ErrorShape | null = null): void => tell({ kind: 'state', runId, state, error })

  const enqueue = (runId: string, state: RunInWork['state']): RunSummary => {
    const recorder = createRecorder(store, runId, writes, tell)
    const control = createRunControl(store.settings.read().lowPriority, () => {
      recorder.hold(true)
      writes.write(() => holdRun(store, runId))
      tellState(runId, 'paused')
    })
    const run: Active = { runId, control, recorder, state, ended: Promise.resolve() }
    tellState(runId, state)
    active.set(runId, run)
    run.ended = queue.add(() => work(run))
    return readRun(store, runId).summary
  }
  const work = async (run: Active): Promise<void> => {
    try {
      const [goal, outcome] = await workWatched(workshop, run, () => moveTo(run, 'running'))
      if (outcome.kind === 'finished') rest(run.runId, goal, null)
      else if (outcome.kind === 'aborted') rest(run.runId, run.control.signal.reason as StopReason, null)
      else rest(run.runId, outcome.kind === 'crashed' ? 'interrupted' : 'failed', outcome.error)
    } catch (error) {
      const told = toStoreError(error, store.folders.database)
      // What the store's place keeps a run from, it can be resumed from.
      const isStores = told instanceof ExpectedError && told.code === 'work-folder-not-writable'
      rest(run.runId, isStores ? 'interrupted' : 'failed', toErrorShape(told))
    }
  }
  const moveTo = (run: Active, state: RunInWork['state']): void => {
    run.state = state
    writes.write(() => setState(store, run.runId, state, null))
    tellState(run.runId, state)
  }
  const rest = (runId: string, state: RunState, error: ErrorShape | null): void => {
    // First, so that a listener may start the run again at once.
    active.delete(runId)
    writes.write(() => setState(store, runId, state, error))
    tellState(runId, state, error)
  }
  const goOn = (runId: string): RunSummary => {
    const run = active.get(runId)
    if (run === undefined) throw new RangeError(`run ${runId} is not in work`)
    const wasHeld = run.control.held
    if (!run.control.goOn()) throw new ExpectedError('run-busy', { runId: run.runId, state: run.state })
    run.recorder.hold(false)
    if (wasHeld) moveTo(run, run.state)
    return readRun(store, run.runId).summary
  }
  const stop = async (runId: string, reason: StopReason): Promise<void> => {
    const run = active.get(runId)
    run?.control.stop(reason)
    await run?.ended
  }

  return {
    enqueue,
    rest,
    goOn,
    stop,
    control: (runId) => active.get(runId)?.control ?? null,
    ids: () => [...active.keys()],
    held: () => [...active.values()].find(({ control }) => control.held)?.runId ?? null,
    inLine: (job) => queue.add(job),
    async stopAll(reason) {
      // Whoever paused a run finds it paused, though what it had in memory is gone.
      await Promise.all([...active.values()].map(({ runId, control }) => stop(runId, control.held ? 'paused' : reason)))
      await queue.onIdle()
      // What the store refuses to the end is lost: the next process finds these runs interrupted.
      await Promise.race([writes.settle().catch(() => {}), delay(LAST_WRITES_MS, undefined, { ref: false })])
    },
  }
}
