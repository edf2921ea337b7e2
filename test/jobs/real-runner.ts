import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, vi } from 'vitest'
import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import { Recipe } from '../../src-main/contract/recipe.ts'
import type { Report } from '../../src-main/contract/report.ts'
import type { RunEvent } from '../../src-main/contract/events.ts'
import type { RunState } from '../../src-main/contract/run.ts'
import { forkEngine } from '../../src-main/hosts/engine-process.ts'
import { createRunner, type Runner } from '../../src-main/jobs/runner.ts'
import { readRun } from '../../src-main/store/runs.ts'
import { openStore, type Store } from '../../src-main/store/store.ts'
import { figuresOf, struckBy, type RealExample } from './real-run.ts'
import type { Strike } from './strike.ts'

const RESOURCES = fileURLToPath(new URL('../../resources', import.meta.url))

/** How a run came to rest. */
export interface Rested {
  readonly state: RunState
  readonly error: ErrorShape | null
}

/** A store and a runner of real engines in this process, which is the host that must live on. */
export interface RealRunner {
  readonly store: Store
  readonly runner: Runner
  /** Takes a new run to its rest; engines started meanwhile meet `strike`. @param onEvent hears all that is told */
  begin(recipe: Recipe, strike: Strike | null, onEvent?: (event: RunEvent) => void): Promise<Rested & { id: string }>
  /** Goes on with a run to its next rest. */
  resume(id: string, strike: Strike | null, onEvent?: (event: RunEvent) => void): Promise<Rested>
  /** Goes on with a run, undisturbed, until it is done. */
  goOn(id: string): Promise<void>
  /** The figures of a run's report. */
  figures(id: string): unknown
  close(): Promise<void>
}

/** @param work data folder of the store */
export function openRealRunner(example: RealExample, work: string): RealRunner {
  const store = openStore(work)
  let strike: Strike | null = null
  const runner = createRunner(
    store,
    () => {
      for (const [name, value] of Object.entries(struckBy(strike, example))) vi.stubEnv(name, value)
      try {
        return forkEngine()
      } finally {
        vi.unstubAllEnvs()
      }
    },
    RESOURCES,
  )
  /** Hears a run from its start, because a state is told once. */
  const rested = (start: () => string, onEvent: (event: RunEvent) => void = () => {}): Promise<Rested & { id: string }> =>
    new Promise((resolve) => {
      const stop = runner.subscribe((event) => {
        onEvent(event)
        if (event.kind !== 'state' || ['preparing', 'running'].includes(event.state)) return
        stop()
        resolve({ id: event.runId, state: event.state, error: event.error })
      })
      start()
    })
  const resume: RealRunner['resume'] = async (id, next, onEvent) => {
    strike = next
    // A state that the store refused is written when it gives way.
    await vi.waitFor(() => expect(readRun(store, id).summary.state).not.toMatch(/^(preparing|running)$/), { timeout: 10_000 })
    return rested(() => runner.resume(id).id, onEvent)
  }
  return {
    store,
    runner,
    begin(recipe, next, onEvent) {
      strike = next
      return rested(() => runner.begin(recipe, null).id, onEvent)
    },
    resume,
    async goOn(id) {
      expect(await resume(id, null)).toMatchObject({ state: 'done', error: null })
    },
    figures: (id) => figuresOf(readRun(store, id).report satisfies Report | null),
    async close() {
      await runner.close()
      store.close()
    },
  }
}

/** A recipe for the example: little text, one thread, the processor. */
export function realRecipe({ model, learn, judge }: RealExample, outPath: string, changes: Partial<Recipe> = {}): Recipe {
  return Recipe.parse({
    modelPath: model,
    outPath,
    corpusPath: learn,
    heldOutPath: judge,
    method: 'uniform',
    budget: { kind: 'percent', percent: 55 },
    calibrationTokens: 128,
    heldOutTokens: 128,
    windowTokens: 32,
    device: 'cpu',
    threads: 1,
    ...changes,
  })
}

/** A recipe whose output is a folder. */
function folderRecipe(example: RealExample, outPath: string, changes: Partial<Recipe> = {}): Recipe {
  return realRecipe(example, outPath, { method: 'rtn', format: 'safetensors', budget: { kind: 'bits', bitsPerWeight: 4.5 }, ...changes })
}

/** A run of the example that writes `output`: a folder where it is called x. */
export function recipeAt(example: RealExample, output: string, changes: Partial<Recipe> = {}): Recipe {
  return (basename(output) === 'x' ? folderRecipe : realRecipe)(example, output, changes)
}

/** An output in a folder of its own below `root`. */
export function outputAt(root: string, folder: string, name: string): string {
  mkdirSync(join(root, folder))
  return join(root, folder, name)
}
