import type { Matrix } from '../compute/matrix.ts'
import { matrixOf, transposeOf } from './math.ts'
import type { FactorMath } from './math.ts'

/** Part of the mean diagonal of B M B^T that is added to it, tenfold again while Cholesky's method fails. */
const RIDGE = 1e-7

/**
 * The left factor that goes best with a given right one: A = W M B^T (B M B^T)^-1, which minimises ||(W - A B) S||_F for S S^T = M.
 * Rows of B that depend on others, or on inputs that never come, are held by a small ridge.
 * @param w (out, in) @param moment (in, in), null = the identity @param right B (rank, in)
 * @returns A (out, rank)
 */
export async function fitLeft(
  { algebra, matrices }: FactorMath,
  w: Matrix,
  moment: Float32Array | null,
  right: Matrix,
): Promise<Float32Array> {
  const rank = right.rows
  if (rank === 0) return new Float32Array(0)
  const weighted = moment === null ? right : await matrices.product(right, matrixOf(moment, right.columns, right.columns))
  const cross = await matrices.product(weighted, w, { transposeB: true }) // (rank, out)
  const gram = await matrices.product(weighted, right, { transposeB: true })
  const lower = ridgedCholesky(algebra, gram.data, rank)
  const solved = algebra.solveCholesky(lower, rank, Float64Array.from(cross.data), w.rows)
  return transposeOf(matrixOf(Float32Array.from(solved), rank, w.rows)).data
}

/** Cholesky's factor of a + ridge I with the smallest ridge that lets it exist; of I where a is zero. */
export function ridgedCholesky(algebra: FactorMath['algebra'], a: ArrayLike<number>, n: number): Float64Array {
  let mean = 0
  for (let i = 0; i < n; i++) mean += (a[i * n + i] as number) / n
  if (Number.isNaN(mean) || mean === Infinity) throw new RangeError('a Gram matrix that is not finite')
  for (let ridge = RIDGE; ; ridge *= 10) {
    const shifted = Float64Array.from(a)
    for (let i = 0; i < n; i++) shifted[i * n + i] = (shifted[i * n + i] as number) + (mean > 0 ? ridge * mean : 1)
    const lower = algebra.cholesky(shifted, n)
    if (lower !== null) return lower
    if (ridge > 1) throw new RangeError('a Gram matrix that no ridge makes positive definite')
  }
}
