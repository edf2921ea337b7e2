import { join } from 'node:path'
import type { Recipe } from '../contract/recipe.ts'
import { readTextSplit } from '../text/split.ts'
import type { TextSplit } from '../text/split.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { JobFolders } from './job.ts'

/**
 * The windows a recipe learns from and is judged on. Without a corpus of the user's own, the product's calibration text and its
 * held-out text; with one but no held-out text, the corpus's own tail, which calibration then never sees.
 * Throws ExpectedError with one of the 'corpus' codes.
 */
export function readWindows(recipe: Recipe, tokenizer: Tokenizer, folders: JobFolders): Promise<TextSplit> {
  const shipped = recipe.corpusPath === null
  return readTextSplit(tokenizer, {
    calibrationPath: recipe.corpusPath ?? join(folders.resources, 'text', 'calibration.txt'),
    heldOutPath: recipe.heldOutPath ?? (shipped ? join(folders.resources, 'text', 'heldout.txt') : null),
    calibrationTokens: recipe.calibrationTokens,
    heldOutTokens: recipe.heldOutTokens,
    windowTokens: recipe.windowTokens,
  })
}
