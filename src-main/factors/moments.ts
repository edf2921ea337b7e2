import type { LinearAlgebra } from '../kernels/linear-algebra/linear-algebra.ts'

/** Part of the mean of the diagonal that is added to it: directions no token took then count a little instead of nothing. */
const RIDGE = 1e-6

/**
 * A second moment that can be inverted: M + 1e-6 mean(diag M) I, in float32. Null when M is zero: no input says anything about directions,
 * all are alike. Throws RangeError when it is not finite. (SVD-LLM shifts by the smallest eigenvalue when Cholesky's method fails; a fixed
 * ridge is the same for every expert.)
 * @param moment (n, n), symmetric, finite
 */
export function regularized(moment: Float32Array, n: number): Float32Array | null {
  let trace = 0
  for (let i = 0; i < n; i++) trace += moment[i * n + i] as number
  if (!Number.isFinite(trace)) throw new RangeError('a second moment that is not finite')
  if (trace <= 0) return null
  const ridge = (RIDGE * trace) / n
  const out = moment.slice()
  for (let i = 0; i < n; i++) out[i * n + i] = (out[i * n + i] as number) + ridge
  return out
}

/** S and its inverse with S S^T = M, both lower triangular (n, n). */
export interface Whitener {
  readonly factor: Float64Array
  readonly inverse: Float64Array
}

/**
 * Cholesky's factor of a regularized moment. Where rounding left it indefinite the ridge grows tenfold until it is not.
 * Throws RangeError for a moment no ridge mends (not finite).
 * @param moment of {@link regularized}
 */
export function whitenerOf(algebra: LinearAlgebra, moment: Float32Array, n: number): Whitener {
  let mean = 0
  for (let i = 0; i < n; i++) mean += (moment[i * n + i] as number) / n
  for (let ridge = 0; ridge <= 1; ridge = Math.max(RIDGE, ridge * 10)) {
    const shifted = Float64Array.from(moment)
    for (let i = 0; i < n; i++) shifted[i * n + i] = (shifted[i * n + i] as number) + ridge * mean
    const factor = algebra.cholesky(shifted, n)
    if (factor !== null) return { factor, inverse: algebra.invertLower(factor, n) }
  }
  throw new RangeError('a second moment that no ridge makes positive definite')
}
