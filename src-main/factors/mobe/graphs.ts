import { concat, defineGraph, reshape, slice } from '../../compute/graph.ts'
import type { Graph, GraphBuilder, Value } from '../../compute/graph.ts'
import type { Activation } from './problem.ts'

/** Sizes that are built into a graph: a chunk of `experts` experts of one group. */
export interface ChunkShape {
  readonly experts: number
  readonly rows: number
  readonly columns: number
  /** Bases of the group. */
  readonly bases: number
  readonly rank: number
  readonly activation: Activation
  /** Factor of the gradients: 2 over the number of weights of the whole layer, for a mean of squares. */
  readonly scale: number
}

/** f(Z) and f'(Z), entry by entry. */
function activate(g: GraphBuilder, activation: Activation, mixed: Value): { value: Value; slope: Value | null } {
  if (activation === 'none') return { value: mixed, slope: null }
  const one = g.floats([1], [])
  if (activation === 'tanh') {
    const value = g.call('Tanh', [mixed])
    return { value, slope: g.call('Sub', [one, g.call('Mul', [value, value])]) }
  }
  // silu: z s with s = sigmoid(z); its slope s + z s (1 - s).
  const gate = g.call('Sigmoid', [mixed])
  const value = g.call('Mul', [mixed, gate])
  return { value, slope: g.call('Add', [gate, g.call('Mul', [value, g.call('Sub', [one, gate])])]) }
}

/** One expert of a chunk: S' = f(Z) diag(c) (rank, columns), and f'(Z) diag(c), by which dloss/dS' becomes dloss/dZ. */
interface Span {
  readonly span: Value
  readonly slope: Value
}

/** Declares mix (experts, bases), bases (bases, rank * columns) and column (1, columns) = c, and mixes: Z = alpha B, expert by expert. */
function spans(g: GraphBuilder, shape: ChunkShape): Span[] {
  const { experts, rank, columns, bases, activation } = shape
  const mixed = g.call('MatMul', [g.input('mix', [experts, bases]), g.input('bases', [bases, rank * columns])])
  const column = g.input('column', [1, columns])
  return Array.from({ length: experts }, (_, e) => {
    const { value, slope } = activate(g, activation, reshape(g, slice(g, mixed, 0, e, e + 1), [rank, columns]))
    return { span: g.call('Mul', [value, column]), slope: slope === null ? column : g.call('Mul', [slope, column]) }
  })
}

/** Sum of squares of a matrix, as (1). */
function energy(g: GraphBuilder, x: Value): Value {
  return reshape(g, g.call('ReduceSum', [g.call('Mul', [x, x])], { keepdims: { int: 0 } }), [1])
}

/**
 * From the residuals R_e = A_e S'_e - T_e: losses (experts) = ||R_e||^2, dmix and dbases with the gradient of `carried` added
 * (bases, rank * columns), both times `scale`.
 */
function backward(g: GraphBuilder, shape: ChunkShape, found: readonly { left: Value; residual: Value; slope: Value }[]): void {
  const { experts, rank, columns, bases } = shape
  const scale = g.floats([shape.scale], [])
  const rows = found.map(({ left, residual, slope }) => {
    const gradient = g.call('Mul', [g.call('Gemm', [left, residual], { transA: { int: 1 } }), slope])
    return reshape(g, g.call('Mul', [gradient, scale]), [1, rank * columns])
  })
  const mixed = concat(g, rows, 0)
  g.output(
    'losses',
    concat(
      g,
      found.map(({ residual }) => energy(g, residual)),
      0,
    ),
    [experts],
  )
  g.output('dmix', g.call('Gemm', [mixed, 'bases'], { transB: { int: 1 } }), [experts, bases])
  g.output('dbases', g.call('Gemm', ['mix', mixed, g.input('carried', [bases, rank * columns])], { transA: { int: 1 } }), [
    bases,
    rank * columns,
  ])
}

const id = (kind: string, s: ChunkShape): string =>
  ['mobe', kind, s.experts, s.rows, s.columns, s.bases, s.rank, s.activation, s.scale].join('-')

/**
 * Loss and gradient of all of A_e, alpha and B for a chunk. Inputs mix, bases, column, carried, target{e} = T_e diag(c)
 * (rows, columns), left{e} (rows, rank); outputs losses, dmix, dbases, dleft{e} (rows, rank).
 */
export function jointGradient(shape: ChunkShape): Graph {
  const { rows, columns, rank } = shape
  return defineGraph(id('joint', shape), (g) => {
    const found = spans(g, shape).map(({ span, slope }, e) => {
      const left = g.input(`left${e}`, [rows, rank])
      const residual = g.call('Sub', [g.call('Gemm', [left, span]), g.input(`target${e}`, [rows, columns])])
      g.output(`dleft${e}`, g.call('Mul', [g.call('Gemm', [residual, span], { transB: { int: 1 } }), g.floats([shape.scale], [])]), [
        rows,
        rank,
      ])
      return { left, residual, slope }
    })
    backward(g, shape, found)
  })
}

/**
 * The normal equations of A_e for a chunk: gram{e} = S' S'^T (rank, rank), cross{e} = T S'^T (rows, rank). Inputs mix, bases, column,
 * target{e}.
 */
export function normalEquations(shape: ChunkShape): Graph {
  const { rows, columns, rank } = shape
  return defineGraph(id('normal', shape), (g) => {
    spans(g, shape).forEach(({ span }, e) => {
      g.output(`gram${e}`, g.call('Gemm', [span, span], { transB: { int: 1 } }), [rank, rank])
      g.output(`cross${e}`, g.call('Gemm', [g.input(`target${e}`, [rows, columns]), span], { transB: { int: 1 } }), [rows, rank])
    })
  })
}

/** cross L^-T L^-1. */
function solved(g: GraphBuilder, cross: Value, inverse: Value): Value {
  return g.call('Gemm', [g.call('Gemm', [cross, inverse], { transB: { int: 1 } }), inverse])
}

/** A_e (rows, rank) from `cross` (rows, rank) and `inverse` = L^-1 (rank, rank). */
export const solvedLeft: Graph = defineGraph('mobe-left', (g) => {
  g.output('left', solved(g, g.input('cross', ['rows', 'rank']), g.input('inverse', ['rank', 'rank'])), ['rows', 'rank'])
})

/**
 * Loss and gradient with A_e eliminated: A_e = cross L^-T L^-1 for gram + ridge = L L^T, where the gradient of the reduced
 * problem is that of the joint one at the best A_e. Inputs mix, bases, column, carried, target{e}, cross{e}, inverse{e} = L^-1
 * (rank, rank); outputs losses, dmix, dbases.
 */
export function reducedGradient(shape: ChunkShape): Graph {
  const { rows, columns, rank } = shape
  return defineGraph(id('reduced', shape), (g) => {
    const found = spans(g, shape).map(({ span, slope }, e) => {
      const inverse = g.input(`inverse${e}`, [rank, rank])
      const left = solved(g, g.input(`cross${e}`, [rows, rank]), inverse)
      return { left, residual: g.call('Sub', [g.call('Gemm', [left, span]), g.input(`target${e}`, [rows, columns])]), slope }
    })
    backward(g, shape, found)
  })
}

/** What_e = A_e f(sum_j alpha_ej B_j), from mix (1, bases), bases (bases, rank * columns), column (1, columns), left (rows, rank). */
export function rebuilt(shape: Omit<ChunkShape, 'scale'>): Graph {
  const one = { ...shape, experts: 1, scale: 1 }
  return defineGraph(id('rebuilt', one), (g) => {
    for (const { span } of spans(g, one))
      g.output('weights', g.call('Gemm', [g.input('left', [shape.rows, shape.rank]), span]), [shape.rows, shape.columns])
  })
}

/** f(sum_j alpha_ej B_j) (rank, columns), from mix (1, bases), bases (bases, rank * columns), column (1, columns). */
export function mixedSpan(shape: Omit<ChunkShape, 'scale'>): Graph {
  const one = { ...shape, experts: 1, scale: 1 }
  return defineGraph(id('span', one), (g) => {
    for (const { span } of spans(g, one)) g.output('span', span, [shape.rank, shape.columns])
  })
}
