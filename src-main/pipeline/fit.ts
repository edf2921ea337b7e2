import type { MethodFit } from '../contract/curve.ts'
import { ExpectedError, toErrorShape } from '../contract/errors.ts'
import type { Plan } from '../contract/plan.ts'
import type { BudgetBreakdown, Recipe } from '../contract/recipe.ts'
import { methods } from '../methods/index.ts'
import type { Limit } from '../methods/limit.ts'
import { budgetOf, planLimitOf, outlineOf, requireFeasible } from './budget-of.ts'
import { groundOf, NO_STATISTICS, planWithin, predictsLoss } from './curve-ground.ts'
import type { Ground } from './curve-ground.ts'
import type { JobFolders } from './job.ts'
import { kernelSpeed } from './kernel-speed.ts'
import type { KnownSource } from './known-source.ts'
import { runWork } from './run-work.ts'
import type { RunWork } from './run-work.ts'
import type { Source } from './source.ts'
import { measureOf, wayOf } from './way.ts'
import type { Way } from './way.ts'

/** A fit, and the work its time follows from on a machine; null where nobody knows. */
export type PlannedFit = Omit<MethodFit, 'seconds'> & { readonly work: RunWork | null }

/**
 * How far the real loss lies from the predicted one: whole plans lost up to a quarter more than predicted from their own measurements (see
 * measured-bits); typical predictions are within a factor of two on the models they come from.
 */
const SPREAD = { measured: { low: 1, high: 1.35 }, typical: { low: 0.5, high: 2 } } as const

/** Every method of the registry on one recipe, its own settings at their defaults. Plans are real where nothing must be measured first. */
export async function fitsOf(recipe: Recipe, known: KnownSource, folders: JobFolders): Promise<PlannedFit[]> {
  const fits: PlannedFit[] = []
  for (const { id: method } of methods) {
    try {
      fits.push({ method, obstacle: null, ...(await fitOf({ ...recipe, method, parameters: {} }, known, folders)) })
    } catch (error) {
      fits.push({ method, obstacle: toErrorShape(error), fileBytes: null, klDivergence: null, work: null })
    }
  }
  return fits
}

/** Throws the obstacle: an ExpectedError of the way, the budget or the plan. */
async function fitOf(
  recipe: Recipe,
  known: KnownSource,
  folders: JobFolders,
): Promise<Pick<PlannedFit, 'fileBytes' | 'klDivergence' | 'work'>> {
  const { source } = known
  const way = wayOf(recipe)
  const budget = requireFeasible(budgetOf(recipe, source))
  const limit = planLimitOf(recipe, budget)
  if (measureOf(way) !== null) return { fileBytes: estimatedBytes(limit, budget, source), klDivergence: null, work: null }
  const ground = predictsLoss(way) ? await groundOf(recipe, known, folders) : null
  const plan =
    predictsLoss(way) && ground !== null
      ? await planWithin(recipe, way, source, ground.errors, limit)
      : await planForm(recipe, way, source, limit)
  return { fileBytes: plan.bytes, klDivergence: rangeOf(plan, ground), work: runWork(recipe, way, source, plan, kernelSpeed(source)) }
}

function rangeOf({ expectedError }: Plan, ground: Ground | null): MethodFit['klDivergence'] {
  if (expectedError === null || ground === null) return null
  const { low, high } = SPREAD[ground.basis]
  return { low: expectedError * low, high: expectedError * high, basis: ground.basis }
}

/** The plan of a folder by a method that measures nothing, which makes it without statistics. */
export async function planForm(recipe: Recipe, way: Way, source: Source, limit: Limit): Promise<Plan> {
  if (way.format === 'gguf') throw new RangeError('a GGUF file has no form')
  return way.forms.plan({
    limit,
    measurements: [],
    statistics: NO_STATISTICS,
    parameters: recipe.parameters,
    seed: recipe.seed,
    originalBytes: source.facts.bytes,
    solve: () => {
      throw new Error('only methods that measure layers solve programs')
    },
    outline: outlineOf(source.model),
    format: way.format,
  })
}

/**
 * About what a method that must look at the layers first will write. Throws ExpectedError 'budget-too-small' when that is below its
 * smallest.
 */
function estimatedBytes(limit: Limit, { largestBytes, smallestBytes }: BudgetBreakdown, { summary, facts }: Source): number {
  const experts = (facts.bytes * summary.parameters.experts) / summary.parameters.total
  const wanted =
    limit.kind === 'bytes'
      ? limit.bytes
      : facts.bytes - experts + (limit.kind === 'expert-share' ? experts * limit.kept : (summary.parameters.experts * limit.bits) / 8)
  if (wanted < smallestBytes) throw new ExpectedError('budget-too-small', { budgetBytes: Math.floor(wanted), smallestBytes })
  return Math.round(Math.min(wanted, largestBytes))
}
