import type { Matrix, MatrixMath } from '../compute/matrix.ts'
import type { LinearAlgebra } from '../kernels/linear-algebra/linear-algebra.ts'

/** What matrices are factored with: small dense problems in float64, products of model size in float32 on a device. */
export interface FactorMath {
  readonly algebra: LinearAlgebra
  readonly matrices: MatrixMath
}

/** An approximation left * right of a matrix. */
export interface LowRank {
  readonly left: Float32Array // (rows, rank)
  readonly right: Float32Array // (rank, columns)
}

/** A view of `data` as a matrix. Throws RangeError when the sizes do not fit. */
export function matrixOf(data: Float32Array, rows: number, columns: number): Matrix {
  if (data.length !== rows * columns) throw new RangeError(`${data.length} numbers are not a ${rows} x ${columns} matrix`)
  return { data, rows, columns }
}

/** The transpose, copied. */
export function transposeOf({ data, rows, columns }: Matrix): Matrix {
  const out = new Float32Array(data.length)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j] as number
  return { data: out, rows: columns, columns: rows }
}

/** a - b, entry by entry. */
export function subtract(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value - (b[i] as number))
}

/** Sum of products of entries, in float64. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}

/** tr(D M D^T): what an error D costs on inputs of second moment M. @param moment (columns, columns); null = the identity */
export async function weightedEnergy({ matrices }: FactorMath, error: Matrix, moment: Float32Array | null): Promise<number> {
  if (moment === null) return dot(error.data, error.data)
  const weighted = await matrices.product(error, matrixOf(moment, error.columns, error.columns))
  return Math.max(0, dot(weighted.data, error.data))
}
