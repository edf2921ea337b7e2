import { assertInvertible, assertMatrix } from './linear-algebra.ts'

/** See {@link LinearAlgebra.cholesky}. Row by row: every inner loop runs along two rows. */
export function cholesky(a: Float64Array, n: number): Float64Array | null {
  assertMatrix(a, n, n)
  const l = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    const row = i * n
    for (let j = 0; j < i; j++) {
      l[row + j] = ((a[row + j] as number) - dot(l, row, j * n, j)) / (l[j * n + j] as number)
    }
    const square = (a[row + i] as number) - dot(l, row, row, i)
    // Not `square <= 0`: NaN must end here too. It and infinities spread along the row into the square.
    if (!(square > 0 && square < Infinity)) return null
    l[row + i] = Math.sqrt(square)
  }
  return l
}

/** See {@link LinearAlgebra.invertLower}. x_i = (e_i - sum_k l_ik x_k) / l_ii, row by row. */
export function invertLower(l: Float64Array, n: number): Float64Array {
  assertInvertible(l, n)
  const x = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    const row = i * n
    x[row + i] = 1
    for (let k = 0; k < i; k++) subtractScaled(x, row, l[row + k] as number, k * n, k + 1)
    scale(x, row, 1 / (l[row + i] as number), i + 1)
  }
  return x
}

/** See {@link LinearAlgebra.solveCholesky}. Forward with L, then backward with L^T. */
export function solveCholesky(l: Float64Array, n: number, b: Float64Array, m: number): Float64Array {
  assertInvertible(l, n)
  assertMatrix(b, n, m)
  const x = Float64Array.from(b)
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtractScaled(x, i * m, l[i * n + k] as number, k * m, m)
    scale(x, i * m, 1 / (l[i * n + i] as number), m)
  }
  for (let i = n - 1; i >= 0; i--) {
    scale(x, i * m, 1 / (l[i * n + i] as number), m)
    for (let k = 0; k < i; k++) subtractScaled(x, k * m, l[i * n + k] as number, i * m, m)
  }
  return x
}

/** Sum of `count` products of the numbers from `first` on with those from `second` on; four sums, because one would wait for itself. */
function dot(x: Float64Array, first: number, second: number, count: number): number {
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let k = 0
  for (; k + 4 <= count; k += 4) {
    a += (x[first + k] as number) * (x[second + k] as number)
    b += (x[first + k + 1] as number) * (x[second + k + 1] as number)
    c += (x[first + k + 2] as number) * (x[second + k + 2] as number)
    d += (x[first + k + 3] as number) * (x[second + k + 3] as number)
  }
  for (; k < count; k++) a += (x[first + k] as number) * (x[second + k] as number)
  return a + b + (c + d)
}

/** x[to..] -= factor * x[from..] */
function subtractScaled(x: Float64Array, to: number, factor: number, from: number, count: number): void {
  if (factor === 0) return
  for (let j = 0; j < count; j++) x[to + j] = (x[to + j] as number) - factor * (x[from + j] as number)
}

function scale(x: Float64Array, start: number, factor: number, count: number): void {
  for (let j = start; j < start + count; j++) x[j] = (x[j] as number) * factor
}
