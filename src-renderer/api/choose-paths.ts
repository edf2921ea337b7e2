import type { Call } from '../../src-main/contract/calls.ts'
import type { Recipe } from '../../src-main/contract/recipe.ts'

/** Tells the core that the user wrote the paths of a recipe here, so that it reads and writes there. */
export async function choosePaths(
  call: Call,
  { corpusPath, heldOutPath, outPath }: Pick<Recipe, 'corpusPath' | 'heldOutPath' | 'outPath'>,
): Promise<void> {
  for (const path of [corpusPath, heldOutPath, outPath]) if (path !== null && path !== '') await call('path.choose', { path })
}
