import type { ModelShape } from '../architectures/architecture.ts'
import { weightsPassed } from '../architectures/sizes.ts'
import type { ComputeSession } from '../compute/session.ts'
import type { MoeLayer } from '../model/moe-model.ts'
import { tokenCount } from './hidden.ts'
import type { Hidden } from './hidden.ts'
import type { LayerOptions } from './layer-options.ts'
import { runAttention } from './run-attention.ts'
import type { LayerModel } from './run-attention.ts'
import { runFeedForward } from './run-feed-forward.ts'

/** Share of a layer's multiply-adds that attention makes (its matrices and scores), 0..1. */
function attentionShare(shape: ModelShape, layer: number, hidden: Hidden): number {
  const tokens = tokenCount(hidden)
  const { attention, feedForward } = weightsPassed(shape, layer)
  const scores = hidden.windows.reduce((total, length) => total + length * length, 0) * shape.heads * shape.headSize
  const mixer = tokens * attention + scores
  return mixer / (mixer + tokens * feedForward)
}

function sumOfSquares(values: Float32Array): number {
  let total = 0
  for (let i = 0; i < values.length; i++) total += (values[i] as number) ** 2
  return total
}

/** stream += added, in place. */
function addTo(stream: Float32Array, added: Float32Array): void {
  for (let i = 0; i < stream.length; i++) stream[i] = (stream[i] as number) + (added[i] as number)
}

/** Carries `hidden` through one layer, in place. Only one expert's weights, or the dense ones, are in memory at a time. */
export async function runLayer(
  compute: ComputeSession,
  model: LayerModel,
  layer: MoeLayer,
  hidden: Hidden,
  options: LayerOptions,
): Promise<void> {
  const { shape } = model
  if (hidden.size !== shape.hidden) throw new RangeError(`vectors of ${hidden.size} do not fit a model of ${shape.hidden}`)
  options.signal?.throwIfAborted()
  const share = attentionShare(shape, layer.index, hidden)
  const dense = await runAttention(compute, model, layer, hidden, options, (done) => options.onProgress?.(done * share, 'attention'))
  const combined = await runFeedForward(compute, shape, layer, dense, options, (done) =>
    options.onProgress?.(share + done * (1 - share), 'experts'),
  )
  options.capture?.onCombined?.(combined)
  addTo(hidden.data, combined)
  options.observer?.end({ residual: sumOfSquares(hidden.data), experts: sumOfSquares(combined) })
}
