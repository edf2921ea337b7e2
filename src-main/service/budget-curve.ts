import type { QualityCurve } from '../contract/curve.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { Planning } from '../pipeline/planning-threads.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { foldersOf } from './one-job.ts'

/** budget.curve: size against predicted loss of a recipe's model and method, its budget put aside. */
export function budgetCurve(dependencies: ServiceDependencies, recipe: Recipe, planning: Planning): Promise<QualityCurve> {
  return planning.ask('curve', recipe, foldersOf(dependencies))
}
