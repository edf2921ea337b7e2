import type { LayerKind, LayerRole, ModelShape } from '../architectures/architecture.ts'
import { layerKind, turningSize } from '../architectures/shape.ts'
import { layerParts } from '../architectures/parts.ts'
import { concat, linear, reshape, rmsNorm, slice, transpose } from '../compute/graph.ts'
import type { GraphBuilder, Value } from '../compute/graph.ts'

/** The roles of a layer that the attention graph is fed with: all but the matrices of the feed-forward and what the host adds up. */
export type AttentionWeight = Exclude<
  LayerRole,
  | 'kvB'
  | 'expertGate'
  | 'expertUp'
  | 'expertDown'
  | 'ffnGate'
  | 'ffnUp'
  | 'ffnDown'
  | 'routerBias'
  | 'sharedRouter'
  | 'sharedGate'
  | 'sharedUp'
  | 'sharedDown'
>

const ELSEWHERE: ReadonlySet<LayerRole> = new Set<Exclude<LayerRole, AttentionWeight>>([
  'kvB',
  'expertGate',
  'expertUp',
  'expertDown',
  'ffnGate',
  'ffnUp',
  'ffnDown',
  'routerBias',
  'sharedRouter',
  'sharedGate',
  'sharedUp',
  'sharedDown',
])

/** The weights of one layer's attention graph, with their shapes. */
export function attentionWeights(
  shape: ModelShape,
  layer: number,
): { readonly role: AttentionWeight; readonly shape: readonly number[] }[] {
  return layerParts(shape, layer).flatMap(({ role, shape: size }) =>
    ELSEWHERE.has(role) ? [] : [{ role: role as AttentionWeight, shape: size }],
  )
}

/** What of a layer makes its graph another one: graphs of equal keys are equal. */
export function graphKey(shape: ModelShape, layer: number): string {
  const { hidden, heads, kvHeads, headSize, experts, normEpsilon, traits } = shape
  const { feedForward, rope } = layerKind(shape, layer)
  const { queryKeyNorm, attentionBias, outputBias, softmaxScale, latent, residualScale, router } = traits
  const turns = {
    order: traits.rope.order,
    size: traits.rope.size,
    stretched: traits.rope.scaling?.kind === 'yarn' ? traits.rope.scaling : null,
  }
  const special = {
    feedForward,
    rope,
    queryKeyNorm,
    attentionBias,
    outputBias,
    softmaxScale,
    latent,
    residualScale,
    score: router.score,
    turns,
  }
  return `${[hidden, heads, kvHeads, headSize, experts, normEpsilon].join('-')}-${JSON.stringify(special)}`
}

/** Queries, keys and values of all tokens by head, positions turned: (windows, heads, length, size). */
export interface Heads {
  readonly query: Value
  readonly key: Value
  readonly value: Value
  /** What the query's and the key's and value's last matrices are fed with, where attention is latent. (tokens, rank) */
  readonly latentQuery: Value | null
  readonly latent: Value | null
}

/** How heads are made: the graph's inputs, and the sizes of a run. */
export interface HeadsInput {
  readonly g: GraphBuilder
  readonly shape: ModelShape
  readonly kind: LayerKind
  readonly length: number
  /** The stream after the attention norm. (tokens, hidden) */
  readonly normed: Value
  readonly cos: Value
  readonly sin: Value
  readonly weight: (role: AttentionWeight) => Value
}

/** Queries, keys and values as the layer's attention makes them. */
export function makeHeads(input: HeadsInput): Heads {
  return input.shape.traits.latent === null ? groupedHeads(input) : latentHeads(input)
}

/** Splits (windows * length, n * size) into heads: (windows, n, length, size). */
function splitHeads(g: GraphBuilder, x: Value, heads: number, length: number, size: number): Value {
  return transpose(g, reshape(g, x, [-1, length, heads, size]), [0, 2, 1, 3])
}

/** Turns the first elements of each head by its position; the rest stays. */
function turn({ g, shape, kind, cos, sin }: HeadsInput, x: Value): Value {
  if (kind.rope === 'none') return x
  const pairs = shape.traits.rope.order === 'pairs' ? { interleaved: { int: 1 } } : undefined
  const size = turningSize(shape)
  const whole = shape.traits.latent !== null || size === shape.headSize
  const moving = whole ? x : slice(g, x, 3, 0, size)
  const turned = g.callMicrosoft('RotaryEmbedding', [moving, g.integers([0]), cos, sin], pairs)
  return whole ? turned : concat(g, [turned, slice(g, x, 3, size, shape.headSize)], 3)
}

/** q = turn(norm(Wq n)), k = turn(norm(Wk n)), v = Wv n; biases and norms where the family has them. */
function groupedHeads(input: HeadsInput): Heads {
  const { g, shape, length, normed, weight } = input
  const { heads, kvHeads, headSize, normEpsilon, traits } = shape
  const project = (role: 'query' | 'key' | 'value'): Value => {
    const product = linear(g, normed, weight(role))
    return traits.attentionBias ? g.call('Add', [product, weight(`${role}Bias`)]) : product
  }
  const turned = (role: 'query' | 'key', count: number): Value => {
    const all = traits.queryKeyNorm === 'all-heads' ? rmsNorm(g, project(role), weight(`${role}Norm`), normEpsilon) : project(role)
    const split = splitHeads(g, all, count, length, headSize)
    return turn(input, traits.queryKeyNorm === 'head' ? rmsNorm(g, split, weight(`${role}Norm`), normEpsilon) : split)
  }
  return {
    query: turned('query', heads),
    key: turned('key', kvHeads),
    value: splitHeads(g, project('value'), kvHeads, length, headSize),
    latentQuery: null,
    latent: null,
  }
}

/**
 * Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434): c = norm(Wkv n) is all that keys and values come from; per head
 * k = [c Wk, turn(k')], v = c Wv, q = [q', turn(q'')], where k' is one vector for all heads.
 */
function latentHeads(input: HeadsInput): Heads {
  const { g, shape, length, normed, weight } = input
  const { heads, headSize, normEpsilon, traits } = shape
  const { latent } = traits
  if (latent === null) throw new RangeError('attention is not latent')
  const { plain, turning, rank, queryRank } = latent
  const latentQuery = queryRank === null ? null : rmsNorm(g, linear(g, normed, weight('queryA')), weight('queryANorm'), normEpsilon)
  const queries = splitHeads(
    g,
    latentQuery === null ? linear(g, normed, weight('query')) : linear(g, latentQuery, weight('queryB')),
    heads,
    length,
    headSize,
  )
  const query = concat(g, [slice(g, queries, 3, 0, plain), turn(input, slice(g, queries, 3, plain, headSize))], 3)
  const both = linear(g, normed, weight('kvA'))
  const c = rmsNorm(g, slice(g, both, 1, 0, rank), weight('kvANorm'), normEpsilon)
  const turned = turn(input, splitHeads(g, slice(g, both, 1, rank, rank + turning), 1, length, turning))
  // (windows, 1, length, rank) times a matrix a head: (windows, heads, length, ...)
  const perHead = reshape(g, c, [-1, 1, length, rank])
  const keys = g.call('MatMul', [perHead, weight('keyB')])
  return {
    query,
    key: concat(g, [keys, g.call('Expand', [turned, g.integers([1, heads, 1, 1])])], 3),
    value: g.call('MatMul', [perHead, transpose(g, weight('valueB'), [0, 2, 1])]),
    latentQuery,
    latent: c,
  }
}

/** What a router makes of its logits. (tokens, experts) */
export function routerScores(g: GraphBuilder, shape: ModelShape, normalized: Value, router: Value): Value {
  const logits = linear(g, normalized, router)
  return shape.traits.router.score === 'softmax' ? g.call('Softmax', [logits], { axis: { int: -1 } }) : g.call('Sigmoid', [logits])
}

/** What a block adds to the stream. */
export function scaled(g: GraphBuilder, x: Value, by: number): Value {
  return by === 1 ? x : g.call('Mul', [x, g.floats([by], [])])
}
