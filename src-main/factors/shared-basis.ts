import type { Matrix } from '../compute/matrix.ts'
import { matrixOf } from './math.ts'
import type { FactorMath } from './math.ts'
import { regularized, whitenerOf } from './moments.ts'
import { ridgedCholesky } from './fit-left.ts'

/** One expert's share in a basis: its matrix, and the norm its error is judged by. */
export interface BasisMember {
  readonly w: Matrix // (rows, columns)
  readonly moment: Float32Array | null // (columns, columns); null = the identity
}

/** The coordinates in which directions of all members are compared: a Cholesky factor of their common moment; null = as they are. */
export interface CommonNorm {
  readonly factor: Matrix // S (columns, columns)
  readonly inverse: Float64Array // S^-1
  readonly moment: Float32Array
}

/** The norm of a common moment. @param moment (n, n) */
export function commonNorm({ algebra }: FactorMath, moment: Float32Array | null, n: number): CommonNorm | null {
  const usable = moment === null ? null : regularized(moment, n)
  if (usable === null) return null
  const { factor, inverse } = whitenerOf(algebra, usable, n)
  return { factor: matrixOf(Float32Array.from(factor), n, n), inverse, moment: usable }
}

/** S^T W^T W S, (columns, columns): a member's part of the Gram matrix whose eigenvectors span the basis. */
export async function memberGram({ matrices }: FactorMath, w: Matrix, norm: CommonNorm | null): Promise<Float32Array> {
  return (await matrices.gram(norm === null ? w : await matrices.product(w, norm.factor))).data
}

/** The common right directions of a stack, strongest first. */
export interface SharedSpectrum {
  readonly energies: Float64Array // (columns), falling, >= 0
  /** B = V_r^T S^-1 (rank, columns). */
  basis(rank: number): Matrix
}

/** @param gram weighted sum of {@link memberGram} over the members, (n, n) */
export function sharedSpectrum({ algebra }: FactorMath, gram: Float64Array, n: number, norm: CommonNorm | null): SharedSpectrum {
  const { values, vectors } = algebra.symmetricEigen(gram, n)
  return {
    energies: values.map((value) => Math.max(0, value)),
    basis: (rank) => {
      const kept = vectors.subarray(0, rank * n)
      const data = norm === null ? kept : algebra.product(kept, rank, n, norm.inverse, n)
      return matrixOf(Float32Array.from(data), rank, n)
    },
  }
}

/**
 * What the first k rows of B catch of a matrix when the left factor is fitted to them: ||W S||^2 - min_A ||(W - A B_k) S||^2 for k =
 * 0..rank, from one Cholesky factor: with B M B^T = L L^T and Y = L^-1 B M W^T it is the energy of the first k rows of Y.
 */
export async function caughtEnergies({ algebra, matrices }: FactorMath, { w, moment }: BasisMember, basis: Matrix): Promise<Float64Array> {
  const rank = basis.rows
  const caught = new Float64Array(rank + 1)
  if (rank === 0) return caught
  const weighted = moment === null ? basis : await matrices.product(basis, matrixOf(moment, w.columns, w.columns))
  const cross = await matrices.product(weighted, w, { transposeB: true }) // (rank, rows)
  const gram = await matrices.product(weighted, basis, { transposeB: true })
  const inverse = algebra.invertLower(ridgedCholesky(algebra, gram.data, rank), rank)
  const y = algebra.product(inverse, rank, rank, Float64Array.from(cross.data), w.rows)
  for (let k = 0; k < rank; k++) {
    let energy = 0
    for (let i = k * w.rows; i < (k + 1) * w.rows; i++) energy += (y[i] as number) ** 2
    caught[k + 1] = (caught[k] as number) + energy
  }
  return caught
}
