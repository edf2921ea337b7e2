import { assertInvertible, assertMatrix, noEigenvalues } from './linear-algebra.ts'
import type { LinearAlgebra } from './linear-algebra.ts'

/** The addon's functions (native-kernels/addon.cpp); results are written into the last arrays, the outcome is returned. */
export interface AlgebraAddon {
  cholesky(a: Float64Array, n: number, out: Float64Array): number
  invertLower(l: Float64Array, n: number, out: Float64Array): number
  solveCholesky(l: Float64Array, n: number, b: Float64Array, m: number, out: Float64Array): number
  symmetricEigen(a: Float64Array, n: number, values: Float64Array, vectors: Float64Array): number
  product(a: Float64Array, rows: number, inner: number, b: Float64Array, columns: number, out: Float64Array): number
}

/** Names of {@link AlgebraAddon}'s functions, to check an addon by. */
export const ALGEBRA_FUNCTIONS = ['cholesky', 'invertLower', 'solveCholesky', 'symmetricEigen', 'product'] as const

/** Outcome of native-kernels/linear-algebra.h; lack of memory is thrown over there. */
const DONE = 0
const NOT_POSITIVE = 2
const NOT_FINITE = 3

/** The addon's linear algebra, its arguments checked as the reference checks them. */
export function nativeAlgebra(addon: AlgebraAddon): LinearAlgebra {
  return {
    cholesky(a, n) {
      assertMatrix(a, n, n)
      const l = new Float64Array(n * n)
      return addon.cholesky(a, n, l) === NOT_POSITIVE ? null : l
    },
    invertLower(l, n) {
      assertInvertible(l, n)
      const x = new Float64Array(n * n)
      addon.invertLower(l, n, x)
      return x
    },
    solveCholesky(l, n, b, m) {
      assertInvertible(l, n)
      assertMatrix(b, n, m)
      const x = new Float64Array(n * m)
      addon.solveCholesky(l, n, b, m, x)
      return x
    },
    symmetricEigen(a, n) {
      assertMatrix(a, n, n)
      const values = new Float64Array(n)
      const vectors = new Float64Array(n * n)
      const outcome = addon.symmetricEigen(a, n, values, vectors)
      if (outcome !== DONE) throw noEigenvalues(outcome === NOT_FINITE ? 'not finite' : 'not converged')
      return { values, vectors }
    },
    product(a, rows, inner, b, columns) {
      assertMatrix(a, rows, inner)
      assertMatrix(b, inner, columns)
      const result = new Float64Array(rows * columns)
      addon.product(a, rows, inner, b, columns, result)
      return result
    },
  }
}
