import type { LinearAlgebra } from './linear-algebra.ts'
import { assertMatrix } from './linear-algebra.ts'
import { moreOrthonormalRows, withoutKnown } from './orthonormal.ts'
import { transposed } from './product.ts'

/**
 * w = u diag(s) v with k = min(rows, columns): u (rows, k), its columns orthonormal; s (k), falling, >= 0; v (k, columns), its rows
 * orthonormal.
 */
export interface ThinSvd {
  readonly u: Float64Array
  readonly s: Float64Array
  readonly v: Float64Array
}

/** Singular values below this share of the largest drown in the rounding of its square: they get a Gram matrix of their own. */
const WELL_ABOVE_ROUNDING = 1e-3
/** Values below this share of the largest are rounding errors, and so would be their directions. */
const ZERO = 1e-14

/**
 * The singular value decomposition, through eigenvectors u_i of the smaller Gram matrix: s_i v_i = u_i^T w. What is left of the matrix
 * after the large values is decomposed again, because there the small ones are large; where nothing is left the basis is completed. So u
 * and v are orthonormal to 1e-10 for matrices of any rank, and values right to 1e-13 of the largest. Throws RangeError for numbers that are
 * not finite.
 * @param w (rows, columns)
 */
export function thinSvd(algebra: LinearAlgebra, w: Float32Array | Float64Array, rows: number, columns: number): ThinSvd {
  assertMatrix(w, rows, columns)
  if (rows > columns) {
    const { u, s, v } = wideSvd(algebra, transposed(w, rows, columns), columns, rows)
    return { u: transposed(v, columns, rows), s, v: u }
  }
  const { u, s, v } = wideSvd(algebra, Float64Array.from(w), rows, columns)
  return { u: transposed(u, rows, rows), s, v }
}

/** Of x (m, n), m <= n, with u as rows too: x = u^T diag(s) v. */
function wideSvd(algebra: LinearAlgebra, x: Float64Array, m: number, n: number): ThinSvd {
  const u = new Float64Array(m * m)
  const v = new Float64Array(m * n)
  const s = new Float64Array(m)
  let zero = 0
  let done = 0
  let basis: Float64Array | null = null // (m - done, m), the part of the left space not done yet; null = all of it
  let rest = x // (m - done, n) = basis x, without its part along v
  while (done < m) {
    const left = m - done
    const { vectors } = algebra.symmetricEigen(algebra.product(rest, left, n, transposed(rest, left, n), left), left)
    const turned: Float64Array = basis === null ? vectors : algebra.product(vectors, left, left, basis, m)
    rest = algebra.product(vectors, left, left, rest, n)
    const norms = rowNorms(rest, left, n)
    const largest = norms[0] ?? 0
    zero = Math.max(zero, largest * ZERO)
    const taken = countWhile(norms, (value) => value > zero && value > largest * WELL_ABOVE_ROUNDING)
    u.set(turned, done * m)
    if (taken === 0) {
      v.set(moreOrthonormalRows(algebra, v.subarray(0, done * n), done, left, n), done * n)
      break
    }
    for (let i = 0; i < taken; i++) for (let j = i * n; j < (i + 1) * n; j++) v[done * n + j] = (rest[j] as number) / (norms[i] as number)
    s.set(norms.subarray(0, taken), done)
    done += taken
    basis = turned.slice(taken * m)
    rest = withoutKnown(algebra, rest.slice(taken * n), m - done, v.subarray(0, done * n), done, n)
  }
  return sorted({ u, s, v }, m, n)
}

function rowNorms(x: Float64Array, rows: number, n: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0
    for (let j = i * n; j < (i + 1) * n; j++) sum += (x[j] as number) * (x[j] as number)
    return Math.sqrt(sum)
  })
}

function countWhile(values: Float64Array, holds: (value: number) => boolean): number {
  const end = values.findIndex((value) => !holds(value))
  return end < 0 ? values.length : end
}

/** Norms can differ from the roots of the eigenvalues in the last digits, so equal values may have changed places. */
function sorted({ u, s, v }: ThinSvd, m: number, n: number): ThinSvd {
  const order = Array.from(s.keys()).sort((i, j) => (s[j] as number) - (s[i] as number))
  const rowsOf = (x: Float64Array, size: number): Float64Array => {
    const result = new Float64Array(m * size)
    order.forEach((from, to) => result.set(x.subarray(from * size, from * size + size), to * size))
    return result
  }
  return { u: rowsOf(u, m), s: Float64Array.from(order, (i) => s[i] as number), v: rowsOf(v, n) }
}
