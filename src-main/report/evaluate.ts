import type { Quality } from '../contract/report.ts'
import type { Forward } from '../forward/forward.ts'
import type { Hidden } from '../forward/hidden.ts'
import type { OutputHead } from '../forward/output-head.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { compareToken, emptySums, startWindow, summarize, tokenLoss } from './quality.ts'

/** What a measurement needs of the forward chapter. */
type Passes = Pick<Forward, 'embed' | 'runLayer' | 'openOutput'>

/** How a measurement reports and stops. */
export interface MeasureOptions {
  /** Checked between pieces of work; the measurement then stops with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** `done` of `total` layer passes (the output matrix counts as one per model); rises, also by fractions. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

export interface EvaluateOptions extends MeasureOptions {
  /** What {@link finalHidden} gave for the original and the same windows: measuring several candidates of one model then costs one pass each. */
  readonly originalHidden?: Hidden | undefined
}

/** The residual stream of `windows` after the last layer of `model`. Throws what `Forward.runLayer` throws. */
export async function finalHidden(forward: Passes, model: MoeModel, windows: readonly Int32Array[], options: MeasureOptions = {}): Promise<Hidden> {
  const hidden = await forward.embed(model, windows)
  const total = model.layers.length
  for (let index = 0; index < total; index++) {
    await forward.runLayer(model, index, hidden, {
      signal: options.signal,
      onProgress: (share) => options.onProgress?.(index + share, total),
    })
    options.onProgress?.(index + 1, total)
  }
  return hidden
}

/**
 * Compares `shrunk` with `original` on the tokens 1..n-1 of every window (token 0 is only context), both computed by `forward`.
 * Both output matrices are held at once: 8 bytes x vocabulary x hidden; only one when the models share it.
 * Throws RangeError with fewer than two windows, ExpectedError 'tensor-not-finite', 'out-of-memory' or 'device-unavailable'.
 */
export async function evaluate(
  forward: Passes, original: MoeModel, shrunk: MoeModel, windows: readonly Int32Array[], options: EvaluateOptions = {},
): Promise<Quality> {
  const passes = { original: options.originalHidden === undefined ? original.layers.length : 0, shrunk: shrunk.layers.length }
  const total = passes.original + passes.shrunk + 2
  const from = (offset: number) => ({ signal: options.signal, onProgress: (done: number) => options.onProgress?.(offset + done, total) })
  const originalHidden = options.originalHidden ?? (await finalHidden(forward, original, windows, from(0)))
  const shrunkHidden = await finalHidden(forward, shrunk, windows, from(passes.original))
  const sums = emptySums()
  const counted = predictedTokens(windows)
  await withHeads(forward, original, shrunk, async (originalHead, shrunkHead) => {
    const atOnce = Math.min(originalHead.tokensAtOnce, shrunkHead.tokensAtOnce)
    for (const piece of pieces(windows, atOnce)) {
      options.signal?.throwIfAborted()
      if (piece.first) startWindow(sums)
      const a = await originalHead.logits(originalHidden, piece.position, piece.next.length)
      const b = await shrunkHead.logits(shrunkHidden, piece.position, piece.next.length)
      const vocabulary = a.length / piece.next.length
      piece.next.forEach((token, i) => {
        const [start, end] = [i * vocabulary, (i + 1) * vocabulary]
        compareToken(sums, a.subarray(start, end), b.subarray(start, end), token)
      })
      options.onProgress?.(total - 2 + (2 * sums.divergences.length) / counted, total)
    }
  })
  return summarize(sums)
}

/** exp of the mean negative log-likelihood of tokens 1..n-1 of every window under `model`. Throws what {@link evaluate} throws. */
export async function perplexity(forward: Passes, model: MoeModel, windows: readonly Int32Array[], options: EvaluateOptions = {}): Promise<number> {
  const hidden = options.originalHidden ?? (await finalHidden(forward, model, windows, options))
  let loss = 0
  const head = await forward.openOutput(model)
  try {
    for (const piece of pieces(windows, head.tokensAtOnce)) {
      options.signal?.throwIfAborted()
      const logits = await head.logits(hidden, piece.position, piece.next.length)
      const vocabulary = logits.length / piece.next.length
      piece.next.forEach((token, i) => { loss += tokenLoss(logits.subarray(i * vocabulary, (i + 1) * vocabulary), token) })
    }
  } finally {
    head.close()
  }
  return Math.exp(loss / predictedTokens(windows))
}

/** A run of positions of one window whose successors are known. */
interface Piece {
  /** Place of its first token in the stream. */
  readonly position: number
  /** The tokens that follow each position. */
  readonly next: Int32Array
  /** Whether it opens a window. */
  readonly first: boolean
}

function* pieces(windows: readonly Int32Array[], atOnce: number): Generator<Piece> {
  let position = 0
  for (const window of windows) {
    for (let start = 0; start < window.length - 1; start += atOnce) {
      const end = Math.min(start + atOnce, window.length - 1)
      yield { position: position + start, next: window.subarray(start + 1, end + 1), first: start === 0 }
    }
    position += window.length
  }
}

function predictedTokens(windows: readonly Int32Array[]): number {
  return windows.reduce((total, window) => total + Math.max(0, window.length - 1), 0)
}

/** Opens both output matrices for the length of `work`; a candidate that kept the original's is not loaded twice. */
async function withHeads(
  forward: Passes, original: MoeModel, shrunk: MoeModel, work: (original: OutputHead, shrunk: OutputHead) => Promise<void>,
): Promise<void> {
  const originalHead = await forward.openOutput(original)
  try {
    const same = original.output === shrunk.output && original.outputNorm === shrunk.outputNorm
    const shrunkHead = same ? originalHead : await forward.openOutput(shrunk)
    try {
      await work(originalHead, shrunkHead)
    } finally {
      if (!same) shrunkHead.close()
    }
  } finally {
    originalHead.close()
  }
}
