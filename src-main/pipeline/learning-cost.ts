import type { Recipe } from '../contract/recipe.ts'
import { budgetOf, planLimitOf, requireFeasible } from './budget-of.ts'
import { planForm } from './fit.ts'
import type { KnownSource } from './known-source.ts'
import { measureOf, wayOf } from './way.ts'

/** Floating-point operations of a method's learning, and settings that need fewer, with theirs. */
export interface LearningCost {
  readonly flops: number
  readonly faster: readonly { readonly parameters: Readonly<Record<string, unknown>>; readonly flops: number }[]
}

/**
 * What the compress stage of a recipe would cost, from the sizes its plan really has; nothing where the method does not learn. Throws
 * ExpectedError 'method-not-applicable', or what planning throws.
 */
export async function learningCost(recipe: Recipe, { source }: KnownSource): Promise<LearningCost> {
  const way = wayOf(recipe)
  if (way.format === 'gguf' || way.forms.cost === undefined) return { flops: 0, faster: [] }
  const { cost } = way.forms
  const costOf = async (parameters: Recipe['parameters']) => {
    const own = { ...recipe, parameters }
    const limit = planLimitOf(own, requireFeasible(budgetOf(own, source)))
    const form = measureOf(way) === null ? (await planForm(own, way, source, limit)).form : null
    return cost(source.model.shape, recipe.calibrationTokens, form, parameters)
  }
  const { flops, faster } = await costOf(recipe.parameters)
  const offers = await Promise.all(
    faster.map(async (parameters) => {
      // Taken on top of what is set already: half the steps of the solver chosen, not of the default one.
      return { parameters, flops: (await costOf({ ...recipe.parameters, ...parameters })).flops }
    }),
  )
  return { flops, faster: offers.filter((offer) => offer.flops < flops) }
}
