import { Recipe, type Budget, type BudgetBreakdown } from '../contract/recipe.ts'
import { budgetOf } from '../pipeline/budget-of.ts'
import { openModel } from './open-model.ts'

/** budget.explain: a budget in bytes with every part named, for the recommended method as it comes. */
export async function budgetExplain(_: unknown, { modelPath, budget }: { modelPath: string; budget: Budget }): Promise<BudgetBreakdown> {
  const { method, parameters } = Recipe.parse({ modelPath, budget })
  return budgetOf({ budget, method, parameters }, await openModel(modelPath))
}
