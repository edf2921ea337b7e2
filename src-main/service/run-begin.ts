import type { CheckReport } from '../contract/check.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { RunSummary } from '../contract/run.ts'
import { methodById } from '../methods/index.ts'
import { parseParameters } from '../methods/parameters.ts'
import { stopChecks } from './check-run.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { requireReach } from './reach.ts'

/** run.begin: makes a run that goes from the model to the report without resting at its plan. Refuses what run.prepare refuses. */
export function runBegin(dependencies: ServiceDependencies, { recipe, check }: { recipe: Recipe; check: CheckReport | null }): RunSummary {
  parseParameters(recipe.method, methodById(recipe.method).parameters, recipe.parameters)
  requireReach(dependencies, recipe)
  stopChecks(dependencies)
  return dependencies.runner.begin(recipe, check)
}
