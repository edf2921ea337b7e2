import { symmetricEigen } from '../../src-main/kernels/linear-algebra/eigen.ts'
import { product, transposed } from '../../src-main/kernels/linear-algebra/product.ts'
import { normalFrom, seededRandom } from '../../src-main/tensor/random.ts'

/** (rows, columns) normal numbers. */
export function randomMatrix(rows: number, columns: number, seed: number): Float64Array {
  return Float64Array.from({ length: rows * columns }, normalFrom(seededRandom(seed)))
}

/** The (n, n) matrix with `value(i, j)` at row i and column j. */
export function squareMatrix(n: number, value: (i: number, j: number) => number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => value(Math.floor(at / n), at % n))
}

export const identity = (n: number): Float64Array => squareMatrix(n, (i, j) => (i === j ? 1 : 0))

/** x x^T / inner + shift I. @param x (n, inner) */
export function gramOf(x: Float64Array, n: number, inner: number, shift = 0): Float64Array {
  return product(x, n, inner, transposed(x, n, inner), n).map((value, at) => value / inner + (at % (n + 1) === 0 ? shift : 0))
}

/** A symmetric matrix with these eigenvalues and random eigenvectors. */
export function withEigenvalues(values: readonly number[], seed: number): Float64Array {
  const n = values.length
  const { vectors } = symmetricEigen(gramOf(randomMatrix(n, n, seed), n, n), n)
  return recomposed(values, vectors, n)
}

/** sum_i values_i v_i v_i^T, v_i the rows of `vectors`. */
export function recomposed(values: ArrayLike<number>, vectors: Float64Array, n: number): Float64Array {
  return product(
    transposed(vectors, n, n),
    n,
    n,
    vectors.map((value, at) => value * (values[Math.floor(at / n)] ?? NaN)),
    n,
  )
}

/** The largest |a - b|; NaN where one has other sizes or any number is NaN. */
export function distance(a: Float64Array, b: Float64Array): number {
  return a.length === b.length ? a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))), 0) : NaN
}

/** A^-1 by Gauss-Jordan elimination with pivots: no function of the kernels is used. */
export function inverse(a: Float64Array, n: number): Float64Array {
  const rows = Array.from({ length: n }, (_, i) => [
    ...a.subarray(i * n, i * n + n),
    ...Array.from({ length: n }, (__, j) => (i === j ? 1 : 0)),
  ])
  for (let column = 0; column < n; column++) {
    rows.splice(column, 0, ...rows.splice(column).sort((p, q) => Math.abs(q[column] ?? 0) - Math.abs(p[column] ?? 0)))
    const pivot = rows[column] ?? []
    const scaled = pivot.map((value) => value / (pivot[column] ?? NaN))
    rows[column] = scaled
    rows.forEach((row, i) => {
      const factor = row[column] ?? NaN
      if (i !== column) rows[i] = row.map((value, j) => value - factor * (scaled[j] ?? NaN))
    })
  }
  return Float64Array.from(rows.flatMap((row) => row.slice(n)))
}
