import { join } from 'node:path'
import { ExpectedError } from '../contract/errors.ts'
import type { Recipe } from '../contract/recipe.ts'
import { mostTokens } from '../forward/hidden.ts'
import { readTextSplit } from '../text/split.ts'
import type { TextRequest, TextSplit } from '../text/split.ts'
import type { JobFolders } from './job.ts'
import { resourcePlaceOf } from './resource-names.ts'
import type { Source } from './source.ts'

/**
 * The windows a recipe learns from and is judged on. Without a corpus of the user's own, the product's calibration text and its
 * held-out text; with one but no held-out text, the corpus's own tail, which calibration then never sees.
 * Throws ExpectedError with one of the 'corpus' codes, or 'request-invalid' when a window is longer than the model's context, or the text
 * than a pass.
 */
export async function readWindows(recipe: Recipe, { model, tokenizer }: Source, folders: JobFolders): Promise<TextSplit> {
  const { contextLength } = model.shape
  if (recipe.windowTokens > contextLength) throw windowTooLong(contextLength)
  return readTextSplit(tokenizer, { ...textRequest(recipe, folders), mostTokens: mostTokens(model.shape) })
}

/** Which texts a recipe means. */
export function textRequest(recipe: Recipe, folders: JobFolders): Omit<TextRequest, 'mostTokens'> {
  const shipped = recipe.corpusPath === null
  const shippedText = (name: string): string => join(folders.resources, 'text', name)
  const place = (path: string | null): string | null => (path === null ? null : resourcePlaceOf(path, folders.resources))
  return {
    calibrationPath: place(recipe.corpusPath) ?? shippedText('calibration.txt'),
    heldOutPath: place(recipe.heldOutPath) ?? (shipped ? shippedText('heldout.txt') : null),
    calibrationTokens: recipe.calibrationTokens,
    heldOutTokens: recipe.heldOutTokens,
    windowTokens: recipe.windowTokens,
  }
}

/** What a run says of a window longer than the model reads. */
export function windowTooLong(contextLength: number): ExpectedError {
  return new ExpectedError('request-invalid', { problems: [{ path: 'windowTokens', reason: 'window-long', most: contextLength }] })
}
