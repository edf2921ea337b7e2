import { basename } from 'node:path'
import type { TextPreview } from '../contract/curve.ts'
import type { ErrorShape } from '../contract/error-shape.ts'
import { ExpectedError, toErrorShape } from '../contract/errors.ts'
import type { Recipe } from '../contract/recipe.ts'
import { corpusBytes, readTokens, windowsFrom } from '../text/corpus.ts'
import type { Corpus } from '../text/corpus.ts'
import { mostTokens } from '../forward/hidden.ts'
import { chooseParts, FEWEST_WINDOWS, OVERLAP_LIMIT, shingleOverlap, tooManyTokens } from '../text/split.ts'
import { renderSample } from '../text/template-sample.ts'
import type { JobFolders } from './job.ts'
import type { Source } from './source.ts'
import { textRequest, windowTooLong } from './text.ts'

/** Tokens read of each text: enough for the default recipe, and read in a second. Of longer texts the rest is estimated. */
const MOST_TOKENS = 1 << 15

type Part = TextPreview['calibration']
interface Look {
  readonly part: Part
  readonly windows: readonly Int32Array[]
}

/**
 * The text a recipe would use, without using it. What a run would refuse is told among the problems; nothing of the text's own is thrown.
 */
export async function previewTexts(recipe: Recipe, source: Source, folders: JobFolders): Promise<TextPreview> {
  const problems: ErrorShape[] = []
  const note =
    <T>(fallback: T) =>
    (error: unknown): T => {
      if (!(error instanceof ExpectedError)) throw error
      problems.push(toErrorShape(error))
      return fallback
    }
  const looks = await lookAtBoth(recipe, source, folders, problems).catch(note(null))
  const chat = await renderSample(source.tokenizer).catch(note(null))
  const request = textRequest(recipe, folders)
  const nothing = (path: string): Part => ({ source: basename(path), tokens: 0, used: 0 })
  const [first] = looks?.calibration.windows ?? []
  return {
    calibration: looks?.calibration.part ?? nothing(request.calibrationPath),
    heldOut: looks?.heldOut.part ?? nothing(request.heldOutPath ?? request.calibrationPath),
    sample: first === undefined ? '' : source.tokenizer.decode(first),
    chat,
    problems,
  }
}

async function lookAtBoth(
  recipe: Recipe,
  source: Source,
  folders: JobFolders,
  problems: ErrorShape[],
): Promise<{ calibration: Look; heldOut: Look }> {
  const request = textRequest(recipe, folders)
  const parts = await chooseParts(request)
  const most = mostTokens(source.model.shape)
  const look = async (corpus: Corpus, asked: 'calibrationTokens' | 'heldOutTokens') => {
    const found = await lookAt(corpus, source, recipe[asked], recipe.windowTokens, problems)
    if (found.part.used > most) problems.push(toErrorShape(tooManyTokens(asked, most)))
    return found
  }
  const [calibration, heldOut] = [await look(parts.calibration, 'calibrationTokens'), await look(parts.heldOut, 'heldOutTokens')]
  const share = shingleOverlap(calibration.windows, heldOut.windows)
  if (share > OVERLAP_LIMIT) {
    problems.push(
      toErrorShape(
        new ExpectedError('corpus-overlap', {
          calibration: parts.calibration.path,
          heldOut: parts.heldOut.path,
          share,
          limit: OVERLAP_LIMIT,
        }),
      ),
    )
  }
  const { contextLength } = source.model.shape
  if (recipe.windowTokens > contextLength) problems.push(toErrorShape(windowTooLong(contextLength)))
  return { calibration, heldOut }
}

async function lookAt(corpus: Corpus, { tokenizer }: Source, asked: number, windowTokens: number, problems: ErrorShape[]): Promise<Look> {
  const fewest = FEWEST_WINDOWS * windowTokens
  const wanted = Math.max(asked, fewest)
  const found = await readTokens(corpus, tokenizer, Math.min(wanted, MOST_TOKENS))
  const tokens =
    found.isAll || found.bytes === 0
      ? found.tokens.length
      : Math.max(found.tokens.length, Math.round((found.tokens.length * corpusBytes(corpus)) / found.bytes))
  if (tokens < fewest) problems.push(toErrorShape(new ExpectedError('corpus-too-short', { path: corpus.path, tokens, needed: fewest })))
  const used = tokens < fewest ? 0 : Math.floor(Math.min(wanted, tokens) / windowTokens) * windowTokens
  return {
    part: { source: basename(corpus.path), tokens, used },
    windows: windowsFrom(found.tokens, windowTokens, Math.floor(wanted / windowTokens)),
  }
}
