import type { MethodFit } from '../contract/curve.ts'
import { ExpectedError, toErrorShape } from '../contract/errors.ts'
import type { BudgetBreakdown, Recipe } from '../contract/recipe.ts'
import { methods } from '../methods/index.ts'
import type { Limit } from '../methods/limit.ts'
import type { Method } from '../methods/method.ts'
import { budgetOf, limitOf, outlineOf, requireFeasible } from './budget-of.ts'
import { groundOf, NO_STATISTICS, planWithin, predictsLoss } from './curve-ground.ts'
import type { Ground } from './curve-ground.ts'
import type { JobFolders } from './job.ts'
import type { KnownSource } from './known-source.ts'
import type { Source } from './source.ts'
import { measureOf, wayOf } from './way.ts'
import type { Way } from './way.ts'

/** A fit without its time, which depends on the machine. */
export type PlannedFit = Omit<MethodFit, 'seconds'>

/**
 * How far the real loss lies from the predicted one: whole plans lost up to a quarter more than predicted from their own measurements (see
 * measured-bits); typical predictions are within a factor of two on the models they come from.
 */
const SPREAD = { measured: { low: 1, high: 1.35 }, typical: { low: 0.5, high: 2 } } as const

/** Every method of the registry on one recipe, its own settings at their defaults. Plans are real where nothing must be measured first. */
export async function fitsOf(recipe: Recipe, known: KnownSource, folders: JobFolders): Promise<PlannedFit[]> {
  const fits: PlannedFit[] = []
  for (const method of methods) {
    try {
      fits.push(await fitOf(method, { ...recipe, method: method.id, parameters: {} }, known, folders))
    } catch (error) {
      fits.push({ method: method.id, obstacle: toErrorShape(error), fileBytes: null, klDivergence: null })
    }
  }
  return fits
}

/** Throws the obstacle: an ExpectedError of the way, the budget or the plan. */
async function fitOf(method: Method, recipe: Recipe, known: KnownSource, folders: JobFolders): Promise<PlannedFit> {
  const { source } = known
  const way = wayOf(recipe)
  const budget = requireFeasible(budgetOf(recipe, source))
  const limit = limitOf(recipe, budget)
  if (predictsLoss(way)) return { method: method.id, obstacle: null, ...(await predicted(recipe, way, known, folders, limit)) }
  const fileBytes = measureOf(way) === null ? await plannedBytes(recipe, way, source, limit) : estimatedBytes(limit, budget, source)
  return { method: method.id, obstacle: null, fileBytes, klDivergence: null }
}

async function predicted(
  recipe: Recipe, way: Extract<Way, { format: 'gguf' }>, known: KnownSource, folders: JobFolders, limit: Limit,
): Promise<Pick<PlannedFit, 'fileBytes' | 'klDivergence'>> {
  const ground: Ground = await groundOf(recipe, known, folders)
  const plan = await planWithin(recipe, way, known.source, ground.errors, limit)
  const { low, high } = SPREAD[ground.basis]
  const loss = plan.expectedError
  return { fileBytes: plan.bytes, klDivergence: loss === null ? null : { low: loss * low, high: loss * high, basis: ground.basis } }
}

/** Exact bytes of the folder: a method that measures nothing plans without statistics. */
async function plannedBytes(recipe: Recipe, way: Way, source: Source, limit: Limit): Promise<number> {
  if (way.format === 'gguf') throw new RangeError('a GGUF plan is predicted')
  const plan = await way.forms.plan({
    limit, measurements: [], statistics: NO_STATISTICS, parameters: recipe.parameters, seed: recipe.seed, originalBytes: source.facts.bytes,
    solve: () => { throw new Error('only methods that measure layers solve programs') },
    outline: outlineOf(source.model), format: way.format,
  })
  return plan.bytes
}

/** About what a method that must look at the layers first will write. Throws ExpectedError 'budget-too-small' when that is below its smallest. */
function estimatedBytes(limit: Limit, { largestBytes, smallestBytes }: BudgetBreakdown, { summary, facts }: Source): number {
  const experts = (facts.bytes * summary.parameters.experts) / summary.parameters.total
  const wanted = limit.kind === 'bytes' ? limit.bytes
    : facts.bytes - experts + (limit.kind === 'expert-share' ? experts * limit.kept : (summary.parameters.experts * limit.bits) / 8)
  if (wanted < smallestBytes) throw new ExpectedError('budget-too-small', { budgetBytes: Math.floor(wanted), smallestBytes })
  return Math.round(Math.min(wanted, largestBytes))
}
