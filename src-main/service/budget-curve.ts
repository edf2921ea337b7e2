import type { QualityCurve } from '../contract/curve.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { foldersOf } from './one-job.ts'
import { planningOf } from './planning.ts'

/** budget.curve: size against predicted loss of a recipe's model and method, its budget put aside. */
export function budgetCurve(dependencies: ServiceDependencies, recipe: Recipe): Promise<QualityCurve> {
  return planningOf(dependencies).ask('curve', recipe, foldersOf(dependencies))
}
