import { normalFrom, seededRandom } from '../../tensor/random.ts'
import type { LinearAlgebra } from './linear-algebra.ts'
import { transposed } from './product.ts'

/** `x` (rows, n) without its part along the orthonormal `known` (count, n): x - (x known^T) known. */
export function withoutKnown(
  algebra: LinearAlgebra,
  x: Float64Array,
  rows: number,
  known: Float64Array,
  count: number,
  n: number,
): Float64Array {
  if (count === 0 || rows === 0) return x
  const shares = algebra.product(x, rows, n, transposed(known, count, n), count)
  const along = algebra.product(shares, rows, count, known, n)
  return x.map((value, i) => value - (along[i] as number))
}

/**
 * `rows` more orthonormal rows, orthogonal to the orthonormal `known` (count, n); count + rows <= n. Any will do, so they are random
 * numbers of a fixed seed without their known part, orthonormalized twice by Cholesky's factor of their Gram matrix.
 */
export function moreOrthonormalRows(algebra: LinearAlgebra, known: Float64Array, count: number, rows: number, n: number): Float64Array {
  const normal = normalFrom(seededRandom(count * 65_537 + rows))
  let x: Float64Array = Float64Array.from({ length: rows * n }, normal)
  for (let turn = 0; turn < 3; turn++) {
    x = orthonormalized(algebra, withoutKnown(algebra, x, rows, known, count, n), rows, n)
  }
  return x
}

/** L^-1 x with L L^T = x x^T. */
function orthonormalized(algebra: LinearAlgebra, x: Float64Array, rows: number, n: number): Float64Array {
  const lower = algebra.cholesky(algebra.product(x, rows, n, transposed(x, rows, n), rows), rows)
  // Random rows are dependent with probability 0, and nearly so with one nobody will live to see.
  if (lower === null) throw new RangeError(`${rows} random rows of ${n} are dependent`)
  return algebra.product(algebra.invertLower(lower, rows), rows, rows, x, n)
}
