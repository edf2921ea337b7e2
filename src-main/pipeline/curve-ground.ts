import type * as z from 'zod'
import { join } from 'node:path'
import { calibrationKey } from '../calibration/fingerprint.ts'
import type { ErrorTable } from '../calibration/error-table.ts'
import type { ModelStatistics } from '../calibration/statistics.ts'
import { typicalErrors } from '../calibration/typical-curves.ts'
import type { CurveBasis } from '../contract/curve.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { Plan } from '../contract/plan.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { Limit } from '../methods/limit.ts'
import { sizeInput } from './budget-of.ts'
import type { JobFolders } from './job.ts'
import type { KnownSource } from './known-source.ts'
import { readErrors } from './measure-errors.ts'
import { highsSolver } from './solver.ts'
import type { Source } from './source.ts'
import { readWindows } from './text.ts'
import { wayOf } from './way.ts'
import type { Way } from './way.ts'

/** What sizes are predicted from: this model's own measurements or typical ones. */
export interface Ground {
  readonly errors: ErrorTable
  readonly basis: z.infer<typeof CurveBasis>
}

/** Devices a calibration of a recipe may have been made on: 'auto' is one of these two, see compute/device.ts. */
const devicesOf = ({ device }: Recipe): readonly string[] => (device === 'auto' ? ['webgpu', 'cpu'] : [device])

/** Plans without statistics: methods without a look of their own at each layer do not read them. */
export const NO_STATISTICS: ModelStatistics = { layers: [], tokens: 0, outputInput: new Float64Array(), tokenCounts: new Float64Array() }

/**
 * The table a run of this recipe would find kept and reuse; else the typical one. A table that itself rests on typical curves, as of models
 * too large to be probed, is called typical too.
 */
export async function groundOf(recipe: Recipe, known: KnownSource, folders: JobFolders): Promise<Ground> {
  const { source } = known
  const errors = await keptErrors(recipe, known, folders)
  if (errors !== null) return { errors, basis: errors.sensitivity === 'measured-kl' ? 'measured' : 'typical' }
  return { errors: typicalErrors(source.tensors, source.model.shape.layers), basis: 'typical' }
}

async function keptErrors(recipe: Recipe, { source, fingerprint }: KnownSource, folders: JobFolders): Promise<ErrorTable | null> {
  const windows = await windowsOf(recipe, source, folders)
  if (windows === null) return null
  const way = wayOf(recipe)
  const model = await fingerprint()
  const needed = way.format === 'gguf' && way.blocks.needs.includes('encode-errors')
  for (const device of devicesOf(recipe)) {
    const path = join(folders.calibrations, `${calibrationKey(model, windows, { device })}.statistics`)
    // What the recipe's own run would use; else what another method's run left, which says the same better or worse.
    const kept = (await readErrors(path, needed, recipe.seed)) ?? (await readErrors(path, !needed, recipe.seed))
    if (kept !== null) return kept
  }
  return null
}

/** The calibration windows; null when the text does not serve, which its own page says: no calibration matches then. */
async function windowsOf(recipe: Recipe, source: Source, folders: JobFolders): Promise<readonly Int32Array[] | null> {
  try {
    return (await readWindows(recipe, source, folders)).calibration
  } catch (error) {
    if (error instanceof ExpectedError) return null
    throw error
  }
}

/** Whether the way's plans say how much is lost: methods that look at layers themselves plan by objectives of their own. */
export function predictsLoss(way: Way): way is Extract<Way, { format: 'gguf' }> {
  return way.format === 'gguf' && way.blocks.measure === null
}

/** Header bytes of the file to be: a vocabulary of megabytes, encoded once for all plans of a source. */
const sizes = new WeakMap<Source, ReturnType<typeof sizeInput>>()

function sizesOf(source: Source, parameters: Recipe['parameters']): ReturnType<typeof sizeInput> {
  const known = sizes.get(source) ?? sizeInput(source, {})
  sizes.set(source, known)
  return { ...known, parameters }
}

/** The plan a run of this recipe would make within `limit`. */
export async function planWithin(
  recipe: Recipe,
  way: Extract<Way, { format: 'gguf' }>,
  source: Source,
  errors: ErrorTable,
  limit: Limit,
): Promise<Plan> {
  const solve = highsSolver()
  try {
    return await way.blocks.plan({
      limit,
      measurements: [],
      statistics: NO_STATISTICS,
      seed: recipe.seed,
      originalBytes: source.facts.bytes,
      solve,
      ...sizesOf(source, recipe.parameters),
      errors,
      budgetBytes: limit.kind === 'bytes' ? limit.bytes : source.facts.bytes,
    })
  } finally {
    await solve.close()
  }
}
