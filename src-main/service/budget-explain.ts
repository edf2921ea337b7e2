import type { BudgetBreakdown, Recipe } from '../contract/recipe.ts'
import { budgetOf } from '../pipeline/budget-of.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { openModel } from './open-model.ts'

/** budget.explain: a budget in bytes with every part named, for one method and format. */
export async function budgetExplain(
  { resources }: ServiceDependencies, request: Pick<Recipe, 'modelPath' | 'budget' | 'method' | 'format' | 'parameters'>,
): Promise<BudgetBreakdown> {
  return budgetOf(request, await openModel(request.modelPath, resources))
}
