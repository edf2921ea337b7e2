import type { TextPreview } from '../contract/curve.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { Planning } from '../pipeline/planning-threads.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { foldersOf } from './one-job.ts'

/** text.preview: what a recipe would calibrate and judge on. What is wrong with the texts is in the answer. */
export function textPreview(dependencies: ServiceDependencies, recipe: Recipe, planning: Planning): Promise<TextPreview> {
  return planning.ask('preview', recipe, foldersOf(dependencies))
}
