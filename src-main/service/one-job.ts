import { basename } from 'node:path'
import { fromErrorShape } from '../contract/errors.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { Report } from '../contract/report.ts'
import { withoutScheme } from '../contract/resource-name.ts'
import type { Job, JobEvent } from '../pipeline/job.ts'
import { nameRecipe } from '../pipeline/resource-names.ts'
import { keepCalibration } from '../store/calibration-use.ts'
import { writableFolders } from '../store/writable-folders.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** Who listens to a job that belongs to no run, and may stop it. */
export interface JobWatcher {
  readonly signal: AbortSignal
  onEvent(event: JobEvent): void
}

/** What calibration gave: a file other runs will reuse. */
export interface Calibrated {
  readonly fingerprint: string
  readonly path: string
  readonly bytes: number
  readonly reused: boolean
}

/** open and calibrate without making a run: for the CLI. Throws what the engine failed with, or the signal's reason. */
export async function calibrateOnly(dependencies: ServiceDependencies, given: Recipe, watcher: JobWatcher): Promise<Calibrated> {
  const recipe = nameRecipe(given, dependencies.resources)
  let found: Calibrated | null = null
  let modelName = basename(withoutScheme(recipe.modelPath))
  await execute(dependencies, { kind: 'prepare', recipe, folders: foldersOf(dependencies), stopAfter: 'calibrate' }, watcher, (event) => {
    if (event.kind === 'opened') modelName = event.model.name
    if (event.kind === 'calibrated') found = { fingerprint: event.fingerprint, path: event.path, bytes: event.bytes, reused: event.reused }
  })
  if (found === null) throw new Error('calibration ended without a result')
  await keepCalibration(dependencies.store, found, recipe, modelName)
  return found
}

/** Judges an existing GGUF file against the recipe's model, without making a run: for the CLI. Throws like {@link calibrateOnly}. */
export async function judgeFileAgain(
  dependencies: ServiceDependencies,
  recipe: Recipe,
  file: string,
  watcher: JobWatcher,
): Promise<Report> {
  let report: Report | null = null
  await execute(dependencies, { kind: 'judge', recipe, folders: foldersOf(dependencies), file }, watcher, (event) => {
    if (event.kind === 'reported') report = event.report
  })
  if (report === null) throw new Error('judging ended without a report')
  return report
}

async function execute({ runner }: ServiceDependencies, job: Job, watcher: JobWatcher, also: (event: JobEvent) => void): Promise<void> {
  const outcome = await runner.execute(job, {
    signal: watcher.signal,
    onEvent: (event) => {
      also(event)
      watcher.onEvent(event)
    },
  })
  if (outcome.kind === 'aborted') throw watcher.signal.reason
  if (outcome.kind !== 'finished') throw fromErrorShape(outcome.error)
}

/** The folders of a job that starts now. */
export function foldersOf({ store, resources }: ServiceDependencies): Job['folders'] {
  return { ...writableFolders(store), resources }
}
