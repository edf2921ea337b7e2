import type { TextPreview } from '../contract/curve.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { Planning } from '../pipeline/planning-threads.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { foldersOf } from './one-job.ts'
import { requireReach } from './reach.ts'

/**
 * text.preview: what a recipe would calibrate and judge on. What is wrong with the texts is in the answer; that a page may not ask for them
 * is thrown, see {@link requireReach}.
 */
export async function textPreview(dependencies: ServiceDependencies, recipe: Recipe, planning: Planning): Promise<TextPreview> {
  requireReach(dependencies, { corpusPath: recipe.corpusPath, heldOutPath: recipe.heldOutPath })
  return planning.ask('preview', recipe, foldersOf(dependencies))
}
