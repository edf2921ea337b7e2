import { ExpectedError } from '../contract/errors.ts'
import { encodeCorpus, openCorpus, windowsFrom } from './corpus.ts'
import type { Corpus } from './corpus.ts'
import { splitCorpus } from './split-corpus.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Which text to use, and how much of it. */
export interface TextRequest {
  readonly calibrationPath: string
  /** Null: the tail of the calibration file is set aside. */
  readonly heldOutPath: string | null
  readonly calibrationTokens: number
  readonly heldOutTokens: number
  readonly windowTokens: number
  /** Most tokens of either part that a pass can hold. */
  readonly mostTokens: number
}

/** Token windows to learn from and to judge on; no judged stretch was learned from. */
export interface TextSplit {
  readonly calibration: readonly Int32Array[]
  readonly heldOut: readonly Int32Array[]
}

/** Fewer windows than this give no standard error worth printing. */
export const FEWEST_WINDOWS = 4

/** Tokens of a shingle: long enough that chance and stock phrases do not repeat it. */
const SHINGLE = 32

/**
 * Largest share of held-out shingles that may also be calibration shingles. Licence headers and page furniture repeat in honest
 * corpora (a few in a thousand); a held-out file cut from the calibration file repeats nearly everything.
 */
export const OVERLAP_LIMIT = 0.02

/**
 * Reads calibration and held-out windows. With one file, its tail is held out, cut at a paragraph border.
 * Throws ExpectedError 'corpus-not-found', 'corpus-invalid', 'corpus-too-short' or 'corpus-overlap'; 'request-invalid' for more tokens than
 * a pass holds.
 */
export async function readTextSplit(tokenizer: Tokenizer, request: TextRequest): Promise<TextSplit> {
  const parts = await chooseParts(request)
  const calibration = await readWindows(parts.calibration, tokenizer, request, 'calibrationTokens')
  const heldOut = await readWindows(parts.heldOut, tokenizer, request, 'heldOutTokens')
  const overlap = shingleOverlap(calibration, heldOut)
  if (overlap > OVERLAP_LIMIT) {
    throw new ExpectedError('corpus-overlap', {
      calibration: parts.calibration.path,
      heldOut: parts.heldOut.path,
      share: overlap,
      limit: OVERLAP_LIMIT,
    })
  }
  return { calibration, heldOut }
}

/** The text to learn from and the text to judge on. Throws ExpectedError 'corpus-not-found', 'corpus-invalid' or 'corpus-too-short'. */
export async function chooseParts(
  request: Omit<TextRequest, 'windowTokens' | 'mostTokens'>,
): Promise<{ calibration: Corpus; heldOut: Corpus }> {
  const whole = await openCorpus(request.calibrationPath)
  if (request.heldOutPath !== null) return { calibration: whole, heldOut: await openCorpus(request.heldOutPath) }
  const share = request.heldOutTokens / (request.heldOutTokens + request.calibrationTokens)
  return splitCorpus(whole, Math.min(0.5, Math.max(0.1, share)))
}

async function readWindows(
  part: Corpus,
  tokenizer: Tokenizer,
  request: TextRequest,
  asked: 'calibrationTokens' | 'heldOutTokens',
): Promise<Int32Array[]> {
  const { windowTokens, mostTokens } = request
  const fewest = FEWEST_WINDOWS * windowTokens
  const wanted = Math.max(request[asked], fewest)
  const ids = await encodeCorpus(part, tokenizer, Math.min(wanted, mostTokens + 1), Math.min(fewest, mostTokens + 1))
  if (ids.length > mostTokens) throw tooManyTokens(asked, mostTokens)
  return windowsFrom(ids, windowTokens, Math.floor(wanted / windowTokens))
}

/** What a run says of more text than one pass through the model can hold. */
export function tooManyTokens(asked: 'calibrationTokens' | 'heldOutTokens', mostTokens: number): ExpectedError {
  return new ExpectedError('request-invalid', { problems: [{ path: asked, reason: 'tokens-many', most: mostTokens }] })
}

/** Share of the held-out shingles (runs of 32 tokens within a window) that also occur in calibration, 0..1. */
export function shingleOverlap(calibration: readonly Int32Array[], heldOut: readonly Int32Array[]): number {
  const seen = new Set<number>()
  for (const window of calibration) for (const hash of shingles(window)) seen.add(hash)
  let total = 0
  let shared = 0
  for (const window of heldOut) {
    for (const hash of shingles(window)) {
      total++
      if (seen.has(hash)) shared++
    }
  }
  return total === 0 ? 0 : shared / total
}

/** A 53-bit hash of every run of SHINGLE tokens (all of a shorter window): two 32-bit multiplicative hashes side by side. */
function* shingles(window: Int32Array): Generator<number> {
  const length = Math.min(SHINGLE, window.length)
  for (let start = 0; start + length <= window.length; start++) {
    let high = 0x811c9dc5
    let low = 0x9e3779b9
    for (let i = start; i < start + length; i++) {
      const token = window[i] as number
      high = Math.imul(high ^ token, 0x01000193)
      low = Math.imul(low ^ token, 0x85ebca6b) ^ (low >>> 15)
    }
    yield (high >>> 11) * 2 ** 32 + (low >>> 0)
  }
}
