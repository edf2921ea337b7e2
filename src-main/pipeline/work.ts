import type { ModelShape } from '../architectures/architecture.ts'
import { eachLayer, layerMatrixWeights, weightsPassed } from '../architectures/sizes.ts'

/**
 * Work units: rough seconds on one present-day core. Only their ratios matter (percent and ETA come from the measured
 * rate at which units are done), so the speeds below need not fit the machine at hand.
 */
const FORWARD_FLOPS_PER_UNIT = 5e10
const ENCODED_WEIGHTS_PER_UNIT = 1.2e7
const READ_BYTES_PER_UNIT = 5e8
const COMPARED_PER_UNIT = 5e7
const LLAMA_SLOWER_THAN_FORWARD = 2

/** Multiply-adds x 2 of one token through a layer, the mean of all: its matrices, scores over half a window, k experts. */
function layerFlopsPerToken(shape: ModelShape, windowTokens: number): number {
  const scores = windowTokens * shape.heads * shape.headSize
  const matrices = meanOver(shape, (layer) => {
    const { attention, feedForward } = weightsPassed(shape, layer)
    return attention + feedForward
  })
  return 2 * (matrices + scores)
}

/** Weights of one layer's matrices, the mean of all. */
export function layerWeights(shape: ModelShape): number {
  return meanOver(shape, (layer) => layerMatrixWeights(shape, layer))
}

function meanOver(shape: ModelShape, of: (layer: number) => number): number {
  if (shape.traits.layers.length === 0) return of(0)
  return eachLayer(shape).reduce((sum, layer) => sum + of(layer), 0) / shape.layers
}

/** Multiply-adds x 2 of one pass of `tokens` through all layers. */
export function forwardFlops(shape: ModelShape, tokens: number, windowTokens: number): number {
  return shape.layers * tokens * layerFlopsPerToken(shape, windowTokens)
}

/** Multiply-adds x 2 of the output matrix over `tokens`. */
export function logitsFlops(shape: ModelShape, tokens: number): number {
  return 2 * tokens * shape.hidden * shape.vocabulary
}

/** Units of one pass of `tokens` through one layer, reading its weights once. */
export function forwardLayerUnits(shape: ModelShape, tokens: number, windowTokens: number): number {
  return (tokens * layerFlopsPerToken(shape, windowTokens)) / FORWARD_FLOPS_PER_UNIT + (2 * layerWeights(shape)) / READ_BYTES_PER_UNIT
}

/** Units of the output matrix over `tokens`, and of comparing what it says of each word. */
export function logitsUnits(shape: ModelShape, tokens: number): number {
  return logitsFlops(shape, tokens) / FORWARD_FLOPS_PER_UNIT + (tokens * shape.vocabulary) / COMPARED_PER_UNIT
}

/** Units of encoding `weights` once. */
export function encodeUnits(weights: number): number {
  return weights / ENCODED_WEIGHTS_PER_UNIT
}

/** Units of so many floating-point operations in passes or in learning factors. */
export function flopsUnits(flops: number): number {
  return flops / FORWARD_FLOPS_PER_UNIT
}

/** Units of llama.cpp reading the file and predicting `tokens`. */
export function verifyUnits(shape: ModelShape, tokens: number): number {
  const flops = tokens * (shape.layers * layerFlopsPerToken(shape, 0) + 2 * shape.hidden * shape.vocabulary)
  return (LLAMA_SLOWER_THAN_FORWARD * flops) / FORWARD_FLOPS_PER_UNIT
}
