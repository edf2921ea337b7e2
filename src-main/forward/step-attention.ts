import type { ModelShape } from '../architectures/architecture.ts'
import { layerKind, softmaxScale, turningSize } from '../architectures/shape.ts'
import { concat, defineGraph, linear, reshape, rmsNorm, transpose } from '../compute/graph.ts'
import type { Graph, GraphBuilder, Value } from '../compute/graph.ts'
import { hostTensor } from '../compute/tensor-handle.ts'
import type { HostTensor } from '../compute/tensor-handle.ts'
import { attentionWeights, graphKey, makeHeads, routerScores, scaled, type AttentionWeight } from './heads.ts'
import { rotaryTable, type Rotation } from './rotary.ts'

/** Keys and values of the tokens a layer has seen, token by token. */
export interface PastTokens {
  readonly count: number
  readonly keys: Float32Array // (count, kvHeads, headSize)
  readonly values: Float32Array // (count, kvHeads, headSize)
}

/**
 * The mixer of a layer for `tokens` new tokens of one text whose earlier tokens are known by their keys and values. Outputs as of
 * attentionGraph: residual and normalized (tokens, hidden), probabilities (tokens, experts); and the new tokens' own keys and values,
 * (tokens, kvHeads, headSize), keys turned to their positions. Not for latent attention.
 * @param withPast false for the first tokens of a text, which have none before them
 */
export function stepGraph(shape: ModelShape, layer: number, tokens: number, withPast: boolean): Graph {
  const { hidden, heads, kvHeads, headSize, experts, normEpsilon, traits } = shape
  const kind = layerKind(shape, layer)
  return defineGraph(`step-${graphKey(shape, layer)}-${tokens}-${withPast}`, (g) => {
    const x = g.input('hidden', [tokens, hidden])
    const turning = [tokens, turningSize(shape) / 2]
    const [cos, sin, mask] = [g.input('cos', turning), g.input('sin', turning), g.input('mask', [tokens, 'keys'])]
    const sizes = new Map(attentionWeights(shape, layer).map((one) => [one.role, one.shape]))
    const weight = (role: AttentionWeight): Value => g.input(role, sizes.get(role) ?? [])
    const normed = rmsNorm(g, x, weight('attentionNorm'), normEpsilon)
    const { query, key: k, value: v } = makeHeads({ g, shape, kind, length: tokens, normed, cos, sin, weight })
    const q = g.call('Mul', [query, g.floats([softmaxScale(shape)], [])])
    const all = (own: Value, past: string): Value =>
      withPast ? concat(g, [headsFirst(g, g.input(past, ['past', kvHeads, headSize])), own], 2) : own
    const grouped = reshape(g, q, [1, kvHeads, (heads / kvHeads) * tokens, headSize])
    const scores = g.call('MatMul', [grouped, transpose(g, all(k, 'pastKeys'), [0, 1, 3, 2])])
    const weights = g.call('Softmax', [g.call('Add', [reshape(g, scores, [1, heads, tokens, -1]), mask])], { axis: { int: -1 } })
    const mixed = g.call('MatMul', [reshape(g, weights, [1, kvHeads, (heads / kvHeads) * tokens, -1]), all(v, 'pastValues')])
    const flat = reshape(g, transpose(g, reshape(g, mixed, [1, heads, tokens, headSize]), [0, 2, 1, 3]), [tokens, heads * headSize])
    const product = linear(g, flat, weight('attentionOutput'))
    const block = scaled(g, traits.outputBias ? g.call('Add', [product, weight('outputBias')]) : product, traits.residualScale)
    const residual = g.call('Add', [x, block])
    const normalized = rmsNorm(g, residual, weight('expertNorm'), normEpsilon)
    g.output('residual', residual, [tokens, hidden])
    g.output('normalized', normalized, [tokens, hidden])
    if (kind.feedForward === 'routed') g.output('probabilities', routerScores(g, shape, normalized, weight('router')), [tokens, experts])
    g.output('keys', tokensFirst(g, k, [tokens, kvHeads, headSize]), [tokens, kvHeads, headSize])
    g.output('values', tokensFirst(g, v, [tokens, kvHeads, headSize]), [tokens, kvHeads, headSize])
  })
}

/** (tokens, heads, size) to (1, heads, tokens, size). */
function headsFirst(g: GraphBuilder, x: Value): Value {
  return g.call('Unsqueeze', [transpose(g, x, [1, 0, 2]), g.integers([0])])
}

function tokensFirst(g: GraphBuilder, x: Value, dims: readonly number[]): Value {
  return reshape(g, transpose(g, x, [0, 2, 1, 3]), dims)
}

/**
 * What the graph is fed besides hidden states and weights: positions from `past.count` on, and a mask that hides later tokens, and those
 * before the window.
 */
export function stepInputs(
  shape: ModelShape,
  rotation: Rotation,
  window: number | null,
  tokens: number,
  past: PastTokens,
): Record<string, HostTensor> {
  const { headSize, kvHeads } = shape
  const { cos, sin } = rotaryTable(past.count + tokens, rotation)
  const half = rotation.size / 2
  const keys = past.count + tokens
  const mask = new Float32Array(tokens * keys)
  for (let row = 0; row < tokens; row++) {
    mask.fill(-1e9, row * keys + past.count + row + 1, (row + 1) * keys)
    if (window !== null) mask.fill(-1e9, row * keys, row * keys + Math.max(0, past.count + row - window + 1))
  }
  const dims = [past.count, kvHeads, headSize]
  return {
    cos: hostTensor(cos.subarray(past.count * half), [tokens, half]),
    sin: hostTensor(sin.subarray(past.count * half), [tokens, half]),
    mask: hostTensor(mask, [tokens, keys]),
    ...(past.count === 0 ? {} : { pastKeys: hostTensor(past.keys, dims), pastValues: hostTensor(past.values, dims) }),
  }
}
