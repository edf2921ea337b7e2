import { concat, defineGraph, linear, reshape, rmsNorm, slice, transpose } from '../compute/graph.ts'
import type { Graph, GraphBuilder, Value } from '../compute/graph.ts'
import { hostTensor } from '../compute/tensor-handle.ts'
import type { HostTensor } from '../compute/tensor-handle.ts'
import type { ModelShape } from '../architectures/architecture.ts'

/** Most scores (windows x heads x queries x keys) that one tile may hold: 64 MB of float32. */
const TILE_SCORES = 1 << 24
/** Queries of one tile. Keys after the tile's last query are left out, which nearly halves the work. */
const TILE_QUERIES = 128

/** Names of the weights the attention graph is fed with, in the words of a layer's roles. */
export const ATTENTION_WEIGHTS = [
  'attentionNorm',
  'query',
  'key',
  'value',
  'attentionOutput',
  'queryNorm',
  'keyNorm',
  'expertNorm',
  'router',
] as const

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

/** How a run of `windows` windows is cut: stretches of queries, and for each as many key/value heads as fit a tile. */
export function attentionTiles(shape: ModelShape, windows: number, length: number): Tiles {
  const queries = stretches(length, TILE_QUERIES)
  const perKvHead = windows * (shape.heads / shape.kvHeads) * Math.min(length, TILE_QUERIES) * length
  const heads = stretches(shape.kvHeads, Math.max(1, Math.floor(TILE_SCORES / perKvHead)))
  return { queries, heads }
}

/**
 * The causal mask every tile cuts its own from: row i is 0 up to column length + i and very negative after it, so that columns
 * [length - start, length - start + keys) are the mask of the queries from `start` on. (rows, length + rows)
 */
export function maskStrip(length: number): HostTensor {
  const [rows, columns] = stripDims(length)
  const data = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++) data.fill(-1e9, row * columns + length + row + 1, (row + 1) * columns)
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

/** Splits (windows * length, n * headSize) into heads: (windows, n, length, headSize). */
function splitHeads(g: GraphBuilder, x: Value, heads: number, length: number, headSize: number): Value {
  return transpose(g, reshape(g, x, [-1, length, heads, headSize]), [0, 2, 1, 3])
}

/** What a tile gives: the mixed values (windows, heads, rows, headSize), and the softmax itself (windows, heads, rows, keys). */
interface TileResult {
  readonly mixed: Value
  readonly weights: Value
}

/** One tile: softmax(q k^T / sqrt(headSize) + mask) v, the query heads of a key/value head side by side. */
function attendTile(
  g: GraphBuilder,
  shape: ModelShape,
  part: { q: Value; k: Value; v: Value; mask: Value; kv: number; queries: Stretch },
): TileResult {
  const { headSize } = shape
  const group = shape.heads / shape.kvHeads
  const rows = part.queries.end - part.queries.start
  const grouped = reshape(g, part.q, [-1, part.kv, group * rows, headSize])
  const scores = g.call('MatMul', [grouped, transpose(g, part.k, [0, 1, 3, 2])])
  const masked = g.call('Add', [reshape(g, scores, [-1, part.kv * group, rows, part.queries.end]), part.mask])
  const weights = g.call('Softmax', [masked], { axis: { int: -1 } })
  const mixed = g.call('MatMul', [reshape(g, weights, [-1, part.kv, group * rows, part.queries.end]), part.v])
  return { mixed: reshape(g, mixed, [-1, part.kv * group, rows, headSize]), weights }
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
  const group = shape.heads / shape.kvHeads
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

/** Declares the inputs of the graph: the residual stream, rotary tables of one window, and the layer's weights. */
function declareInputs(
  g: GraphBuilder,
  shape: ModelShape,
  length: number,
): Record<(typeof ATTENTION_WEIGHTS)[number] | 'hidden' | 'cos' | 'sin' | 'mask', Value> {
  const { hidden, heads, kvHeads, headSize, experts } = shape
  return {
    hidden: g.input('hidden', ['tokens', hidden]),
    cos: g.input('cos', [length, headSize / 2]),
    sin: g.input('sin', [length, headSize / 2]),
    mask: g.input('mask', stripDims(length)),
    attentionNorm: g.input('attentionNorm', [hidden]),
    query: g.input('query', [heads * headSize, hidden]),
    key: g.input('key', [kvHeads * headSize, hidden]),
    value: g.input('value', [kvHeads * headSize, hidden]),
    attentionOutput: g.input('attentionOutput', [hidden, heads * headSize]),
    queryNorm: g.input('queryNorm', [headSize]),
    keyNorm: g.input('keyNorm', [headSize]),
    expertNorm: g.input('expertNorm', [hidden]),
    router: g.input('router', [experts, hidden]),
  }
}

/** What else the attention graph gives, for whoever watches the layer. */
export interface AttentionExtras {
  /** inputSquares (hidden), outputInputSquares (heads * headSize) and blockSquares (hidden): sums over the tokens. */
  readonly sums: boolean
  /** input (tokens, hidden) of query, key and value, and outputInput (tokens, heads * headSize) of the output matrix. */
  readonly inputs: boolean
  /** received (windows, length): the attention each token receives, sum of A_ij over the queries i of its window and the heads. */
  readonly received: boolean
}

/** Sum of squares over the tokens, per column. */
const columnPower = (g: GraphBuilder, x: Value): Value => g.call('ReduceSumSquare', [x, g.integers([0])], { keepdims: { int: 0 } })

/**
 * The dense half of a layer for some windows of one length:
 * residual = x + Wo attend(rope(norm(Wq n)), rope(norm(Wk n)), Wv n) with n = norm(x); normalized = norm(residual);
 * probabilities = softmax(Wr normalized). Plain MatMul and Softmax: fused attention was wrong on some devices.
 * Input hidden (tokens, hidden), tokens = windows * length; outputs residual and normalized (tokens, hidden), probabilities
 * (tokens, experts), and the `extras` that are asked for.
 */
export function attentionGraph(shape: ModelShape, windows: number, length: number, extras: AttentionExtras): Graph {
  const { hidden, heads, kvHeads, headSize, experts, normEpsilon } = shape
  const tiles = attentionTiles(shape, windows, length)
  const headsPerTile = tiles.heads[0]?.end ?? kvHeads
  const sizes = [hidden, heads, kvHeads, headSize, experts, normEpsilon, length, headsPerTile]
  const id = `attention-${[...sizes, extras.sums, extras.inputs, extras.received].join('-')}`
  return defineGraph(id, (g) => {
    const at = declareInputs(g, shape, length)
    const turn = (x: Value, norm: Value, count: number): Value => {
      const normed = rmsNorm(g, splitHeads(g, x, count, length, headSize), norm, normEpsilon)
      return g.callMicrosoft('RotaryEmbedding', [normed, g.integers([0]), at.cos, at.sin])
    }
    const normed = rmsNorm(g, at.hidden, at.attentionNorm, normEpsilon)
    const q = g.call('Mul', [turn(linear(g, normed, at.query), at.queryNorm, heads), g.floats([1 / Math.sqrt(headSize)], [])])
    const k = turn(linear(g, normed, at.key), at.keyNorm, kvHeads)
    const v = splitHeads(g, linear(g, normed, at.value), kvHeads, length, headSize)
    const attended = attend(g, shape, length, { q, k, v, strip: at.mask }, tiles, extras.received)
    const mixed = reshape(g, transpose(g, attended.mixed, [0, 2, 1, 3]), [-1, heads * headSize])
    const block = linear(g, mixed, at.attentionOutput)
    const residual = g.call('Add', [at.hidden, block])
    const normalized = rmsNorm(g, residual, at.expertNorm, normEpsilon)
    g.output('residual', residual, ['tokens', hidden])
    g.output('normalized', normalized, ['tokens', hidden])
    g.output('probabilities', g.call('Softmax', [linear(g, normalized, at.router)], { axis: { int: -1 } }), ['tokens', experts])
    if (extras.inputs) {
      g.output('input', normed, ['tokens', hidden])
      g.output('outputInput', mixed, ['tokens', heads * headSize])
    }
    if (extras.received)
      g.output(
        'received',
        attended.received.reduce((sum, tile) => g.call('Add', [sum, tile])),
        ['windows', length],
      )
    if (!extras.sums) return
    g.output('inputSquares', columnPower(g, normed), [hidden])
    g.output('outputInputSquares', columnPower(g, mixed), [heads * headSize])
    g.output('blockSquares', columnPower(g, block), [hidden])
  })
}
