import type { LinearAlgebra } from './linear-algebra.ts'
import { assertMatrix } from './linear-algebra.ts'

/** Damping is doubled up to this share of the mean diagonal, from at least the second number on. */
const MOST_DAMPING = 1
const LEAST_DAMPING = 1e-6

/**
 * The factor GPTQ works with: the upper triangular R of H^-1 = R^T R (Frantar et al., arXiv 2210.17323, step 3), after `damping` times the
 * mean of the diagonal was added to it. Columns no input ever reached (zero on the diagonal) get 1 there, as in GPTQ, but do not count in
 * the mean, so that the result does not depend on the scale of H. With J the reversal of the order, H = (J L J)(J L J)^T for J H J = L L^T,
 * so R = J L^-1 J: one Cholesky factorization and one triangular inverse instead of two and an inverse. Where H is not positive definite
 * the damping is doubled until it is, or until it has passed 1.
 * @param h       (n, n), symmetric, sum of x x^T over the inputs; not changed
 * @param damping share of the mean diagonal, >= 0; GPTQ's is 0.01
 * @returns (n, n), zeros below the diagonal; null when `h` is not finite or no damping allowed makes it positive definite
 */
export function hessianFactor(algebra: LinearAlgebra, h: Float32Array | Float64Array, n: number, damping: number): Float64Array | null {
  assertMatrix(h, n, n)
  if (!h.every(Number.isFinite)) return null
  const mean = meanLiveDiagonal(h, n)
  for (let share = damping; ; share = Math.max(2 * share, LEAST_DAMPING)) {
    const lower = algebra.cholesky(reversed(h, n, share * mean), n)
    if (lower !== null) return algebra.invertLower(lower, n).reverse()
    if (share >= MOST_DAMPING) return null
  }
}

function meanLiveDiagonal(h: Float32Array | Float64Array, n: number): number {
  let sum = 0
  let live = 0
  for (let i = 0; i < n; i++) {
    const own = h[i * n + i] as number
    sum += own
    if (own !== 0) live++
  }
  return live === 0 ? 0 : sum / live
}

/** J H J with `added` on the diagonal: rows and columns both in reversed order is the whole array reversed. */
function reversed(h: Float32Array | Float64Array, n: number, added: number): Float64Array {
  const result = Float64Array.from(h).reverse()
  for (let i = 0; i < n; i++) {
    const own = result[i * n + i] as number
    result[i * n + i] = (own === 0 ? 1 : own) + added
  }
  return result
}
