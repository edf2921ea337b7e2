import { assertMatrix, noEigenvalues } from './linear-algebra.ts'
import type { SymmetricEigen } from './linear-algebra.ts'
import { tridiagonalize } from './tridiagonal.ts'
import type { Tridiagonal } from './tridiagonal.ts'

/** QL steps in all, for each row of the matrix; two are usual. */
const STEPS_PER_ROW = 30

/**
 * See {@link LinearAlgebra.symmetricEigen}: Householder's tridiagonal form, then QL steps with implicit shifts (Golub & Van Loan, section
 * 8.3).
 */
export function symmetricEigen(a: Float64Array, n: number): SymmetricEigen {
  assertMatrix(a, n, n)
  const scale = powerOfTwoAbove(a, n)
  const work = a.map((value) => value / scale)
  const form = tridiagonalize(work, n)
  diagonalize(form, n)
  return sorted(form, n, scale)
}

/** A power of two of the size of the largest element of the lower triangle, so that scaling by it is exact and squares stay in range. */
function powerOfTwoAbove(a: Float64Array, n: number): number {
  let largest = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const size = Math.abs(a[i * n + j] as number)
      if (!(size < Infinity)) throw noEigenvalues('not finite')
      if (size > largest) largest = size
    }
  }
  return largest === 0 ? 1 : 2 ** Math.min(Math.max(Math.ceil(Math.log2(largest)), -1022), 1023)
}

/** Turns the tridiagonal form into the eigenvalues (`diagonal`) and eigenvectors (rows of `rotation`), in no order. */
function diagonalize({ diagonal: d, beside: e, rotation }: Tridiagonal, n: number): void {
  let steps = 0
  for (let first = 0; first < n; first++) {
    for (let last = blockEnd(d, e, first, n); last > first; last = blockEnd(d, e, first, n)) {
      if (++steps > STEPS_PER_ROW * n) throw noEigenvalues('not converged')
      qlStep(d, e, first, last, rotation, n)
    }
  }
}

/** The end of the unreduced block that begins at `first`: the next place where the number beside the diagonal is negligible. */
function blockEnd(d: Float64Array, e: Float64Array, first: number, n: number): number {
  let last = first
  while (last < n - 1 && Math.abs(e[last] as number) > Number.EPSILON * (Math.abs(d[last] as number) + Math.abs(d[last + 1] as number)))
    last++
  return last
}

/**
 * One QL step with Wilkinson's shift on the block [first, last]: rotations of neighboring rows chase a bulge from its end to its beginning.
 */
function qlStep(d: Float64Array, e: Float64Array, first: number, last: number, rotation: Float64Array, n: number): void {
  const half = ((d[first + 1] as number) - (d[first] as number)) / (2 * (e[first] as number))
  const root = Math.hypot(half, 1)
  let g = (d[last] as number) - (d[first] as number) + (e[first] as number) / (half + (half < 0 ? -root : root))
  let sine = 1
  let cosine = 1
  let shift = 0
  for (let i = last - 1; i >= first; i--) {
    const f = sine * (e[i] as number)
    const b = cosine * (e[i] as number)
    const length = Math.hypot(f, g)
    e[i + 1] = length
    if (length === 0) {
      // The block falls apart here.
      d[i + 1] = (d[i + 1] as number) - shift
      e[last] = 0
      return
    }
    sine = f / length
    cosine = g / length
    g = (d[i + 1] as number) - shift
    const turned = ((d[i] as number) - g) * sine + 2 * cosine * b
    shift = sine * turned
    d[i + 1] = g + shift
    g = cosine * turned - b
    rotateRows(rotation, i * n, n, cosine, sine)
  }
  d[first] = (d[first] as number) - shift
  e[first] = g
  e[last] = 0
}

/** Rows x (at `start`) and y (the next): x' = c x - s y, y' = s x + c y. */
function rotateRows(rows: Float64Array, start: number, n: number, cosine: number, sine: number): void {
  for (let k = start; k < start + n; k++) {
    const x = rows[k] as number
    const y = rows[k + n] as number
    rows[k + n] = sine * x + cosine * y
    rows[k] = cosine * x - sine * y
  }
}

function sorted({ diagonal, rotation }: Tridiagonal, n: number, scale: number): SymmetricEigen {
  const order = Array.from(diagonal.keys()).sort((i, j) => (diagonal[j] as number) - (diagonal[i] as number))
  const vectors = new Float64Array(n * n)
  order.forEach((from, to) => vectors.set(rotation.subarray(from * n, from * n + n), to * n))
  return { values: Float64Array.from(order, (i) => (diagonal[i] as number) * scale), vectors }
}
