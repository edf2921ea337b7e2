import type { ModelShape } from '../architectures/architecture.ts'
import { weightsPassed } from '../architectures/sizes.ts'
import type { PruningReport, Quality } from '../contract/report.ts'
import type { LayerCapture } from '../forward/capture.ts'
import type { Forward } from '../forward/forward.ts'
import type { Hidden } from '../forward/hidden.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { compareStreams } from './compare-streams.ts'
import { finalHidden } from './evaluate.ts'
import type { EvaluateOptions } from './evaluate.ts'

/** A pruned model measured. */
export interface PruningEvaluation {
  /** With pruning, as the model will run. */
  readonly quality: Quality
  readonly pruning: PruningReport
}

/** Weights one token is multiplied with in a layer in which it runs `experts` of them. */
function activeWeights(shape: ModelShape, experts: number): number {
  const routed = weightsPassed({ ...shape, expertsPerToken: 0 }, shape.layers - 1)
  return routed.attention + routed.feedForward + experts * 3 * shape.hidden * shape.expertWidth
}

/** Counts per layer what of the routing runs. */
function countKept(kept: number[]): (layer: number) => LayerCapture {
  return (layer) => ({
    onRouted: ({ routing }) => {
      kept[layer] = routing.kept === undefined ? routing.gates.length : routing.kept.reduce((sum, count) => sum + count, 0)
    },
  })
}

function savings(shape: ModelShape, tokens: number, kept: readonly number[]): Omit<PruningReport, 'withoutPruning' | 'withoutProtection'> {
  const k = shape.expertsPerToken
  const means = kept.map((count) => count / tokens)
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
  return {
    keptExpertShare: total(means) / (k * means.length),
    skipRate: means.map((mean) => 1 - mean / k),
    activeParameters: { before: means.length * activeWeights(shape, k), after: total(means.map((mean) => activeWeights(shape, mean))) },
  }
}

/**
 * Measures what the pruning of `shrunk` saves and costs on `windows`: with it, without its protected tokens, and without it. The original
 * runs once (not at all with `originalHidden`), the shrunk model three times, twice where no token is protected anyway. Throws RangeError
 * when `shrunk` has no pruning, and what `evaluate` throws.
 */
export async function evaluatePruning(
  forward: Pick<Forward, 'embed' | 'runLayer' | 'openOutput'>,
  original: MoeModel,
  shrunk: MoeModel,
  windows: readonly Int32Array[],
  options: EvaluateOptions = {},
): Promise<PruningEvaluation> {
  const { pruning } = shrunk
  if (pruning === null || pruning === undefined) throw new RangeError('the model is not pruned')
  const isProtected = pruning.protectedShare > 0
  const layers = shrunk.layers.length
  const passes = (options.originalHidden === undefined ? original.layers.length : 0) + (isProtected ? 3 : 2) * layers
  const total = passes + 4
  let begun = 0
  const pass = async (model: MoeModel, captureLayer?: (layer: number) => LayerCapture): Promise<Hidden> => {
    const from = begun
    begun += model.layers.length
    return finalHidden(forward, model, windows, {
      signal: options.signal,
      captureLayer,
      onProgress: (done) => options.onProgress?.(from + done, total),
    })
  }
  const kept: number[] = []
  const stream = options.originalHidden ?? (await pass(original))
  const asItRuns = await pass(shrunk, countKept(kept))
  const unprotected = isProtected ? await pass({ ...shrunk, pruning: { ...pruning, protectedShare: 0 } }) : asItRuns
  const whole = await pass({ ...shrunk, pruning: null })
  const [quality, withoutProtection, withoutPruning] = await compareStreams(
    forward,
    { model: original, stream },
    { model: shrunk, streams: [asItRuns, unprotected, whole] },
    windows,
    { signal: options.signal, limits: options.limits, onProgress: (share) => options.onProgress?.(passes + 4 * share, total) },
  )
  if (quality === undefined || withoutProtection === undefined || withoutPruning === undefined) throw new Error('a stream was not compared')
  return { quality, pruning: { ...savings(shrunk.shape, stream.data.length / stream.size, kept), withoutPruning, withoutProtection } }
}
