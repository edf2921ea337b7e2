import { assertMatrix } from './linear-algebra.ts'

/** See {@link LinearAlgebra.product}. Four rows of b at a time go into one row of the result. */
export function product(a: Float64Array, rows: number, inner: number, b: Float64Array, columns: number): Float64Array {
  assertMatrix(a, rows, inner)
  assertMatrix(b, inner, columns)
  const result = new Float64Array(rows * columns)
  for (let k = 0; k < inner; k += 4) {
    const taken = Math.min(4, inner - k)
    for (let i = 0; i < rows; i++) {
      const from = i * inner + k
      if (taken === 4) addFour(result, i * columns, a, from, b, k * columns, columns)
      else for (let t = 0; t < taken; t++) addOne(result, i * columns, a[from + t] as number, b, (k + t) * columns, columns)
    }
  }
  return result
}

function addFour(result: Float64Array, to: number, a: Float64Array, from: number, b: Float64Array, start: number, columns: number): void {
  const [p, q, r, s] = [a[from] as number, a[from + 1] as number, a[from + 2] as number, a[from + 3] as number]
  for (let j = 0; j < columns; j++) {
    const at = start + j
    result[to + j] =
      (result[to + j] as number) +
      (p * (b[at] as number) + q * (b[at + columns] as number)) +
      (r * (b[at + 2 * columns] as number) + s * (b[at + 3 * columns] as number))
  }
}

function addOne(result: Float64Array, to: number, factor: number, b: Float64Array, start: number, columns: number): void {
  for (let j = 0; j < columns; j++) result[to + j] = (result[to + j] as number) + factor * (b[start + j] as number)
}

/** The transpose of `a` (rows, columns), as float64. @returns (columns, rows) */
export function transposed(a: Float64Array | Float32Array, rows: number, columns: number): Float64Array {
  assertMatrix(a, rows, columns)
  const result = new Float64Array(a.length)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = a[i * columns + j] as number
  return result
}
