import { concat, defineGraph, linear, reshape, rmsNorm, slice, transpose } from '../compute/graph.ts'
import type { Graph, GraphBuilder, Value } from '../compute/graph.ts'
import { hostTensor } from '../compute/tensor-handle.ts'
import type { HostTensor } from '../compute/tensor-handle.ts'
import type { ModelShape } from '../architectures/architecture.ts'
import { layerKind, mixedWidth, softmaxScale, turningSize } from '../architectures/shape.ts'
import { attentionWeights, graphKey, makeHeads, routerScores, scaled, type AttentionWeight } from './heads.ts'

/** Most scores (windows x heads x queries x keys) that one tile may hold: 64 MB of float32. */
const TILE_SCORES = 1 << 24
/** Queries of one tile. Keys after the tile's last query are left out, which nearly halves the work. */
const TILE_QUERIES = 128

/** A stretch [start, end) of queries or of key/value heads. */
interface Stretch {
  readonly start: number
  readonly end: number
}

function stretches(total: number, size: number): Stretch[] {
  const out: Stretch[] = []
  for (let start = 0; start < total; start += size) out.push({ start, end: Math.min(total, start + size) })
  return out
}

/** The cuts of a run: every stretch of queries meets every stretch of key/value heads. */
interface Tiles {
  readonly queries: readonly Stretch[]
  readonly heads: readonly Stretch[]
}

/** Heads that keys and values have in a window's scores: latent ones are spread out to all. */
function keyHeads({ heads, kvHeads, traits }: ModelShape): number {
  return traits.latent === null ? kvHeads : heads
}

/** How a run of `windows` windows is cut: stretches of queries, and for each as many key/value heads as fit a tile. */
export function attentionTiles(shape: ModelShape, windows: number, length: number): Tiles {
  const queries = stretches(length, TILE_QUERIES)
  const perKvHead = windows * (shape.heads / keyHeads(shape)) * Math.min(length, TILE_QUERIES) * length
  const heads = stretches(keyHeads(shape), Math.max(1, Math.floor(TILE_SCORES / perKvHead)))
  return { queries, heads }
}

/**
 * The causal mask every tile cuts its own from: row i is 0 up to column length + i and very negative after it, so that columns
 * [length - start, length - start + keys) are the mask of the queries from `start` on. (rows, length + rows)
 * @param window tokens a query sees, itself included; null: all before it
 */
export function maskStrip(length: number, window: number | null = null): HostTensor {
  const [rows, columns] = stripDims(length)
  const data = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    data.fill(-1e9, row * columns + length + row + 1, (row + 1) * columns)
    if (window !== null) data.fill(-1e9, row * columns, row * columns + Math.max(0, length + row - window + 1))
  }
  return hostTensor(data, [rows, columns])
}

function stripDims(length: number): [rows: number, columns: number] {
  const rows = Math.min(TILE_QUERIES, length)
  return [rows, length + rows]
}

/** The part of the strip that masks one stretch of queries. (queries, keys) */
function tileMask(g: GraphBuilder, strip: Value, length: number, queries: Stretch): Value {
  const columns = slice(g, strip, 1, length - queries.start, length - queries.start + queries.end)
  const rows = queries.end - queries.start
  return rows === stripDims(length)[0] ? columns : slice(g, columns, 0, 0, rows)
}

/** What a tile gives: the mixed values (windows, heads, rows, headSize), and the softmax itself (windows, heads, rows, keys). */
interface TileResult {
  readonly mixed: Value
  readonly weights: Value
}

/** One tile: softmax(q k^T + mask) v, the query heads of a key/value head side by side. */
function attendTile(
  g: GraphBuilder,
  shape: ModelShape,
  part: { q: Value; k: Value; v: Value; mask: Value; kv: number; queries: Stretch },
): TileResult {
  const { headSize, traits } = shape
  const valueSize = traits.latent?.value ?? headSize
  const group = shape.heads / keyHeads(shape)
  const rows = part.queries.end - part.queries.start
  const grouped = reshape(g, part.q, [-1, part.kv, group * rows, headSize])
  const scores = g.call('MatMul', [grouped, transpose(g, part.k, [0, 1, 3, 2])])
  const masked = g.call('Add', [reshape(g, scores, [-1, part.kv * group, rows, part.queries.end]), part.mask])
  const weights = g.call('Softmax', [masked], { axis: { int: -1 } })
  const mixed = g.call('MatMul', [reshape(g, weights, [-1, part.kv, group * rows, part.queries.end]), part.v])
  return { mixed: reshape(g, mixed, [-1, part.kv * group, rows, valueSize]), weights }
}

/** What every key receives from the heads and queries of one tile, keys the tile leaves out included: (windows, length). */
function tileReceived(g: GraphBuilder, weights: Value, keys: number, length: number): Value {
  const sums = g.call('ReduceSum', [weights, g.integers([1, 2])], { keepdims: { int: 0 } })
  return keys === length ? sums : g.call('Pad', [sums, g.integers([0, 0, 0, length - keys])])
}

/** What attention gives: the mixed values (windows, heads, length, headSize), and what every key received, per tile (windows, length). */
interface AttendResult {
  readonly mixed: Value
  readonly received: readonly Value[]
}

/** Causal attention of all heads, tile by tile; what keys receive only when `asked`. */
function attend(
  g: GraphBuilder,
  shape: ModelShape,
  length: number,
  values: { q: Value; k: Value; v: Value; strip: Value },
  tiles: Tiles,
  asked: boolean,
): AttendResult {
  const group = shape.heads / keyHeads(shape)
  const received: Value[] = []
  const rows = tiles.queries.map((queries) => {
    const mask = tileMask(g, values.strip, length, queries)
    const parts = tiles.heads.map((kv) =>
      attendTile(g, shape, {
        q: slice(g, slice(g, values.q, 1, kv.start * group, kv.end * group), 2, queries.start, queries.end),
        k: slice(g, slice(g, values.k, 1, kv.start, kv.end), 2, 0, queries.end),
        v: slice(g, slice(g, values.v, 1, kv.start, kv.end), 2, 0, queries.end),
        mask,
        kv: kv.end - kv.start,
        queries,
      }),
    )
    if (asked) received.push(...parts.map(({ weights }) => tileReceived(g, weights, queries.end, length)))
    return concat(
      g,
      parts.map(({ mixed }) => mixed),
      1,
    )
  })
  return { mixed: concat(g, rows, 2), received }
}

/** What else the attention graph gives, for whoever watches the layer. */
export interface AttentionExtras {
  /** Sums of squares over the tokens: input and block (hidden), outputInput (heads * headSize), latentQuery and latent (rank). */
  readonly sums: boolean
  /** The inputs themselves, of the same names: a row a token. */
  readonly inputs: boolean
  /** received (windows, length): the attention each token receives, sum of A_ij over the queries i of its window and the heads. */
  readonly received: boolean
}

/** Sum of squares over the tokens, per column. */
const columnPower = (g: GraphBuilder, x: Value): Value => g.call('ReduceSumSquare', [x, g.integers([0])], { keepdims: { int: 0 } })

/**
 * The mixer of a layer for some windows of one length, and what comes before its feed-forward:
 * residual = x + Wo attend(q, k, v) with queries, keys and values of n = norm(x) (heads.ts); normalized = norm(residual);
 * probabilities = score(Wr normalized), where the layer is routed. Plain MatMul and Softmax: fused attention was wrong on some devices.
 * Input hidden (tokens, hidden), tokens = windows * length; outputs residual and normalized (tokens, hidden), probabilities
 * (tokens, experts), and the `extras` that are asked for.
 */
export function attentionGraph(shape: ModelShape, layer: number, windows: number, length: number, extras: AttentionExtras): Graph {
  const { hidden, experts, normEpsilon, traits } = shape
  const tiles = attentionTiles(shape, windows, length)
  const kind = layerKind(shape, layer)
  const mixedSize = mixedWidth(shape)
  const id = `attention-${[graphKey(shape, layer), length, tiles.heads[0]?.end ?? 0, extras.sums, extras.inputs, extras.received].join('-')}`
  return defineGraph(id, (g) => {
    const x = g.input('hidden', ['tokens', hidden])
    const turning = [length, turningSize(shape) / 2]
    const [cos, sin, mask] = [g.input('cos', turning), g.input('sin', turning), g.input('mask', stripDims(length))]
    const weights = new Map(attentionWeights(shape, layer).map(({ role, shape: size }) => [role, g.input(role, size)]))
    const weight = (role: AttentionWeight): Value => {
      const value = weights.get(role)
      if (value === undefined) throw new RangeError(`layer ${layer} has no ${role}`)
      return value
    }
    const normed = rmsNorm(g, x, weight('attentionNorm'), normEpsilon)
    const heads = makeHeads({ g, shape, kind, length, normed, cos, sin, weight })
    const q = g.call('Mul', [heads.query, g.floats([softmaxScale(shape)], [])])
    const attended = attend(g, shape, length, { q, k: heads.key, v: heads.value, strip: mask }, tiles, extras.received)
    const mixed = reshape(g, transpose(g, attended.mixed, [0, 2, 1, 3]), [-1, mixedSize])
    const product = linear(g, mixed, weight('attentionOutput'))
    const block = scaled(g, traits.outputBias ? g.call('Add', [product, weight('outputBias')]) : product, traits.residualScale)
    const residual = g.call('Add', [x, block])
    const normalized = rmsNorm(g, residual, weight('expertNorm'), normEpsilon)
    g.output('residual', residual, ['tokens', hidden])
    g.output('normalized', normalized, ['tokens', hidden])
    if (kind.feedForward === 'routed') g.output('probabilities', routerScores(g, shape, normalized, weight('router')), ['tokens', experts])
    const inputs: (readonly [string, Value | null, number])[] = [
      ['input', normed, hidden],
      ['outputInput', mixed, mixedSize],
      ['latentQuery', heads.latentQuery, traits.latent?.queryRank ?? 0],
      ['latent', heads.latent, traits.latent?.rank ?? 0],
    ]
    for (const [name, value, size] of inputs) {
      if (value === null) continue
      if (extras.inputs) g.output(name, value, ['tokens', size])
      if (extras.sums) g.output(`${name}Squares`, columnPower(g, value), [size])
    }
    if (extras.sums) g.output('blockSquares', columnPower(g, block), [hidden])
    if (extras.received)
      g.output(
        'received',
        attended.received.reduce((sum, tile) => g.call('Add', [sum, tile])),
        ['windows', length],
      )
  })
}
