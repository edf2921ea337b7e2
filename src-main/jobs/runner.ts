import type { CheckReport } from '../contract/check.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { RunEvent } from '../contract/events.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { RunSummary } from '../contract/run.ts'
import type { Job } from '../pipeline/job.ts'
import { nameRecipe } from '../pipeline/resource-names.ts'
import { changeRun, claimRun, createRun, readRun } from '../store/runs.ts'
import type { Store } from '../store/store.ts'
import { executeJob, type Outcome, type Watcher } from './execute.ts'
import type { SampleCard } from './gauges.ts'
import type { SpawnEngine } from './messages.ts'
import { createRunEvents } from './run-events.ts'
import { createRunsInWork } from './runs-in-work.ts'

/** Works on runs, one at a time, each job in an engine process of its own. Closed in `finally`. */
export interface Runner {
  /** Makes a run and works on it up to its plan. @throws ExpectedError 'run-busy' while a paused run waits in memory */
  prepare(recipe: Recipe): RunSummary
  /** Makes a run and takes it to its report. @param check what was found before it @throws the same */
  begin(recipe: Recipe, check: CheckReport | null): RunSummary
  /** Goes on from the plan to the report. @throws ExpectedError 'run-not-found', 'run-busy', 'run-not-resumable' */
  start(runId: string): RunSummary
  /** Goes on where a run stopped, or takes back a pause. @throws the same */
  resume(runId: string): RunSummary
  /**
   * Pauses a run at work. Where layers are written it stops, now or when the layer at work is written; in any other stage its engine waits
   * in place and keeps its memory, because stopping it would lose what it measured. Nothing happens to a run that does not work.
   */
  pause(runId: string, when: 'now' | 'layer'): RunSummary
  /** Whether the run at work yields to other programs. */
  setPriority(runId: string, low: boolean): void
  /** Stops a run at work; answers when its engine is gone. A paused run becomes 'cancelled'; nothing happens to others. */
  cancel(runId: string): Promise<RunSummary>
  /** Runs a job that belongs to no run. */
  execute(job: Job, watcher: Watcher): Promise<Outcome>
  /** Ids of the runs at work, in line, or paused in memory. */
  atWork(): string[]
  /** Tells all listeners. */
  tell(event: RunEvent): void
  /** A new listener first hears how far the run at work is. Returns the function that ends the subscription. */
  subscribe(listener: (event: RunEvent) => void): () => void
  /** Stops everything; runs at work become 'interrupted', those paused in memory 'paused', other jobs end as aborted. */
  close(): Promise<void>
}

/** What a host may know about its machine. */
export interface RunnerOptions {
  readonly sampleCard?: SampleCard | null
}

/** @param resources folder of the product's own files */
export function createRunner(store: Store, spawn: SpawnEngine, resources: string, { sampleCard = null }: RunnerOptions = {}): Runner {
  const { tell, subscribe } = createRunEvents()
  const closing = new AbortController()
  const runs = createRunsInWork({ store, spawn, resources, sampleCard, tell })
  const refuseWhileHeld = (): void => {
    const held = runs.held()
    if (held !== null) throw new ExpectedError('run-busy', { runId: held, state: 'paused' })
  }

  return {
    prepare(recipe) {
      refuseWhileHeld()
      return runs.enqueue(createRun(store, nameRecipe(recipe, resources)), 'preparing')
    },
    begin(recipe, check) {
      refuseWhileHeld()
      const runId = createRun(store, nameRecipe(recipe, resources))
      changeRun(store, runId, { stopsAtPlan: false, ...(check === null ? {} : { check }) })
      return runs.enqueue(runId, 'preparing')
    },
    start(runId) {
      refuseWhileHeld()
      claimRun(store, runId, ['planned'], 'running')
      return runs.enqueue(runId, 'running')
    },
    resume(runId) {
      if (runs.control(runId) !== null) return runs.goOn(runId)
      refuseWhileHeld()
      const state = readRun(store, runId).plan === null ? 'preparing' : 'running'
      claimRun(store, runId, ['paused', 'interrupted', 'cancelled', 'failed'], state)
      return runs.enqueue(runId, state)
    },
    pause(runId, when) {
      runs.control(runId)?.pause(when)
      return readRun(store, runId).summary
    },
    setPriority: (runId, low) => runs.control(runId)?.setPriority(low),
    async cancel(runId) {
      if (runs.control(runId) !== null) await runs.stop(runId, 'cancelled')
      else if (readRun(store, runId).summary.state === 'paused') {
        claimRun(store, runId, ['paused'], 'running')
        runs.rest(runId, 'cancelled', null)
      }
      return readRun(store, runId).summary
    },
    execute: (job, watcher) =>
      runs.inLine(() => executeJob(spawn, job, { ...watcher, signal: AbortSignal.any([watcher.signal, closing.signal]) })),
    atWork: runs.ids,
    tell,
    subscribe,
    async close() {
      closing.abort()
      await runs.stopAll('interrupted')
    },
  }
}
