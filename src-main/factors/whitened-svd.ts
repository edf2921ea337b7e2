/**
 * The best approximation of a given rank for the inputs a matrix really gets.
 *
 *   min || (W - A B) S ||_F^2   with   S S^T = M = E[x x^T]        W S = U Sigma V^T,  A = U_r,  B = U_r^T W
 *
 * What is lost is the sum of the dropped sigma^2, exactly. Papers: SVD-LLM, arXiv 2403.07378 (whitening by Cholesky's factor); without M it
 * is the plain truncated SVD. A wide matrix needs no factor of M: U are the eigenvectors of W M W^T. A tall one is worked on its short
 * side, S^T W^T W S = V Sigma^2 V^T, with A B = W S V_r V_r^T S^-1.
 */
import type { Matrix } from '../compute/matrix.ts'
import { matrixOf } from './math.ts'
import type { FactorMath, LowRank } from './math.ts'
import { regularized, whitenerOf } from './moments.ts'

/** The spectrum of W S and what truncations are made from. */
export interface WhitenedSvd {
  /** sigma^2, falling, min(rows, columns) of them, >= 0. */
  readonly energies: Float64Array
  /**
   * The best approximation of this rank, 0 to energies.length; each left column as long as its right row, so that both keep in half
   * precision.
   */
  truncate(rank: number): Promise<LowRank>
}

/** @param w (out, in), finite @param moment M (in, in); null or zero = plain SVD. Throws RangeError for numbers that are not finite. */
export async function whitenedSvd(math: FactorMath, w: Matrix, moment: Float32Array | null): Promise<WhitenedSvd> {
  const usable = moment === null ? null : regularized(moment, w.columns)
  return w.rows <= w.columns ? wideSvd(math, w, usable) : tallSvd(math, w, usable)
}

async function wideSvd({ algebra, matrices }: FactorMath, w: Matrix, moment: Float32Array | null): Promise<WhitenedSvd> {
  const weighted = moment === null ? w : await matrices.product(w, matrixOf(moment, w.columns, w.columns))
  const gram = await matrices.product(weighted, w, { transposeB: true })
  const { values, vectors } = algebra.symmetricEigen(Float64Array.from(gram.data), w.rows)
  return {
    energies: values.map((value) => Math.max(0, value)),
    truncate: async (rank) => {
      const rows = { data: Float32Array.from(vectors.subarray(0, rank * w.rows)), rows: rank, columns: w.rows }
      const right = rank === 0 ? new Float32Array(0) : (await matrices.product(rows, w)).data
      return balanced(rows.data, right, rank)
    },
  }
}

async function tallSvd({ algebra, matrices }: FactorMath, w: Matrix, moment: Float32Array | null): Promise<WhitenedSvd> {
  const n = w.columns
  const whitener = moment === null ? null : whitenerOf(algebra, moment, n)
  const white = whitener === null ? w : await matrices.product(w, { data: Float32Array.from(whitener.factor), rows: n, columns: n })
  const { values, vectors } = algebra.symmetricEigen(Float64Array.from((await matrices.gram(white)).data), n)
  return {
    energies: values.map((value) => Math.max(0, value)),
    truncate: async (rank) => {
      const kept = vectors.subarray(0, rank * n)
      if (rank === 0) return { left: new Float32Array(0), right: new Float32Array(0) }
      const lefts = await matrices.product({ data: Float32Array.from(kept), rows: rank, columns: n }, white, { transposeB: true })
      const right = whitener === null ? kept : algebra.product(kept, rank, n, whitener.inverse, n)
      return balanced(lefts.data, Float32Array.from(right), rank)
    },
  }
}

/** Factors of sum_t left_t right_t^T, each pair scaled to equal lengths. @param lefts (rank, rows) @param rights (rank, columns) */
export function balanced(lefts: Float32Array, rights: Float32Array, rank: number): LowRank {
  const rows = rank === 0 ? 0 : lefts.length / rank
  const columns = rank === 0 ? 0 : rights.length / rank
  const left = new Float32Array(lefts.length)
  const right = rights.slice()
  for (let t = 0; t < rank; t++) {
    const [a, b] = [lengthOf(lefts, t * rows, rows), lengthOf(rights, t * columns, columns)]
    const scale = a === 0 || b === 0 ? 1 : Math.sqrt(b / a)
    for (let i = 0; i < rows; i++) left[i * rank + t] = (lefts[t * rows + i] as number) * scale
    for (let j = t * columns; j < (t + 1) * columns; j++) right[j] = (right[j] as number) / scale
  }
  return { left, right }
}

function lengthOf(data: Float32Array, start: number, count: number): number {
  let sum = 0
  for (let i = start; i < start + count; i++) sum += (data[i] as number) ** 2
  return Math.sqrt(sum)
}
