import type { Forward } from '../forward/forward.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { LayerSums } from './layer-sums.ts'
import type { LayerStatistics, ModelStatistics } from './statistics.ts'

/** Who listens to a calibration. */
export interface CollectOptions {
  /** Stops between runs with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Layer `layer` is `share` done, 0..1. */
  readonly onProgress?: ((layer: number, share: number, activity: 'attention' | 'experts') => void) | undefined
  /** Tokens routed to each expert of a layer, before its experts run. */
  readonly onCoverage?: ((layer: number, tokens: readonly number[]) => void) | undefined
}

/** How often each token id was read. (vocabulary) */
function countTokens(windows: readonly Int32Array[], vocabulary: number): Float64Array {
  const counts = new Float64Array(vocabulary)
  for (const window of windows) for (const id of window) counts[id] = (counts[id] as number) + 1
  return counts
}

/**
 * Carries `windows` through the whole model once, one layer at a time, and adds up what {@link ModelStatistics} names.
 * Sums of squares are made on the device; only they come back.
 */
export async function collectStatistics(
  forward: Forward,
  model: MoeModel,
  windows: readonly Int32Array[],
  options: CollectOptions = {},
): Promise<ModelStatistics> {
  const { signal, onProgress, onCoverage } = options
  const hidden = await forward.embed(model, windows)
  const layers: LayerStatistics[] = []
  for (const { index } of model.layers) {
    const sums = new LayerSums(index, model.shape, (tokens) => onCoverage?.(index, tokens))
    await forward.runLayer(model, index, hidden, {
      observer: sums,
      signal,
      onProgress: (share, activity) => onProgress?.(index, share, activity),
    })
    layers.push(sums.finish())
  }
  return {
    layers,
    tokens: hidden.data.length / hidden.size,
    outputInput: await forward.outputInputPower(model, hidden, signal),
    tokenCounts: countTokens(windows, model.shape.vocabulary),
  }
}
