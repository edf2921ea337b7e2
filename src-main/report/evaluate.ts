import type { Quality } from '../contract/report.ts'
import type { Forward } from '../forward/forward.ts'
import type { Hidden } from '../forward/hidden.ts'
import type { LayerCapture } from '../forward/capture.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { compareStreams, predictedPieces, predictedTokens } from './compare-streams.ts'
import type { CompareLimits } from './compare-streams.ts'
import { tokenLoss } from './quality.ts'

/** What a measurement needs of the forward chapter. */
type Passes = Pick<Forward, 'embed' | 'runLayer' | 'openOutput'>

/** How a measurement reports and stops. */
export interface MeasureOptions {
  /** Checked between pieces of work; the measurement then stops with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** `done` of `total` layer passes (the output matrix counts as one per model); rises, also by fractions. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** Watching the layers of a pass. */
interface CaptureOption {
  /** What is shown of layer `index`. */
  readonly captureLayer?: ((index: number) => LayerCapture | undefined) | undefined
}

export interface EvaluateOptions extends MeasureOptions {
  /**
   * What {@link finalHidden} gave for the original and the same windows: measuring several candidates of one model then costs one pass
   * each.
   */
  readonly originalHidden?: Hidden | undefined
  /** For tests. */
  readonly limits?: Partial<CompareLimits> | undefined
}

/** The residual stream of `windows` after the last layer of `model`. Throws what `Forward.runLayer` throws. */
export async function finalHidden(
  forward: Pick<Forward, 'embed' | 'runLayer'>,
  model: MoeModel,
  windows: readonly Int32Array[],
  options: MeasureOptions & CaptureOption = {},
): Promise<Hidden> {
  const hidden = await forward.embed(model, windows)
  const total = model.layers.length
  for (let index = 0; index < total; index++) {
    await forward.runLayer(model, index, hidden, {
      signal: options.signal,
      capture: options.captureLayer?.(index),
      onProgress: (share) => options.onProgress?.(index + share, total),
    })
    options.onProgress?.(index + 1, total)
  }
  return hidden
}

/**
 * Compares `shrunk` with `original` on the tokens 1..n-1 of every window (token 0 is only context), both computed by `forward`.
 * Of large output matrices one is held at a time, see {@link compareStreams}.
 * Throws RangeError with fewer than two windows, ExpectedError 'tensor-not-finite', 'out-of-memory' or 'device-unavailable'.
 */
export async function evaluate(
  forward: Passes,
  original: MoeModel,
  shrunk: MoeModel,
  windows: readonly Int32Array[],
  options: EvaluateOptions = {},
): Promise<Quality> {
  const passes = { original: options.originalHidden === undefined ? original.layers.length : 0, shrunk: shrunk.layers.length }
  const total = passes.original + passes.shrunk + 2
  const from = (offset: number) => ({ signal: options.signal, onProgress: (done: number) => options.onProgress?.(offset + done, total) })
  const originalHidden = options.originalHidden ?? (await finalHidden(forward, original, windows, from(0)))
  const shrunkHidden = await finalHidden(forward, shrunk, windows, from(passes.original))
  const [quality] = await compareStreams(
    forward,
    { model: original, stream: originalHidden },
    { model: shrunk, streams: [shrunkHidden] },
    windows,
    { signal: options.signal, limits: options.limits, onProgress: (share) => options.onProgress?.(total - 2 + 2 * share, total) },
  )
  if (quality === undefined) throw new Error('nothing was compared')
  return quality
}

/** exp of the mean negative log-likelihood of tokens 1..n-1 of every window under `model`. Throws what {@link evaluate} throws. */
export async function perplexityOf(
  forward: Passes,
  model: MoeModel,
  windows: readonly Int32Array[],
  options: EvaluateOptions = {},
): Promise<number> {
  const hidden = options.originalHidden ?? (await finalHidden(forward, model, windows, options))
  let loss = 0
  const head = await forward.openOutput(model)
  try {
    for (const piece of predictedPieces(windows, head.tokensAtOnce)) {
      options.signal?.throwIfAborted()
      const logits = await head.logits(hidden, piece.position, piece.next.length)
      const vocabulary = logits.length / piece.next.length
      piece.next.forEach((token, i) => {
        loss += tokenLoss(logits.subarray(i * vocabulary, (i + 1) * vocabulary), token)
      })
    }
  } finally {
    head.close()
  }
  return Math.exp(loss / predictedTokens(windows))
}
