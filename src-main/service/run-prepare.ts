import type { Recipe } from '../contract/recipe.ts'
import type { RunSummary } from '../contract/run.ts'
import { methodById } from '../methods/index.ts'
import { parseParameters } from '../methods/parameters.ts'
import { stopChecks } from './check-run.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { requireReach } from './reach.ts'

/** run.prepare: makes a run and starts calibrate + plan. What can be refused without reading the model is refused at once. */
export function runPrepare(dependencies: ServiceDependencies, recipe: Recipe): RunSummary {
  parseParameters(recipe.method, methodById(recipe.method).parameters, recipe.parameters)
  requireReach(dependencies, recipe)
  stopChecks(dependencies)
  return dependencies.runner.prepare(recipe)
}
