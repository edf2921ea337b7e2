import { assertFinite } from '../model/finite.ts'
import type { LazyTensor } from '../tensor/tensor.ts'

/** Some rows of a matrix. */
export interface RowSample {
  /** Row numbers, growing. */
  readonly rows: Int32Array
  /** (rows, columns) */
  readonly weights: Float32Array
  /** Rows of the matrix for each sampled one: what sums over the sample are multiplied with. */
  readonly scale: number
}

/** Reads `wanted` rows of a matrix, chosen by `random`; all of them when it has no more. Throws ExpectedError 'tensor-not-finite'. */
export async function sampleRows(tensor: LazyTensor, wanted: number, random: () => number): Promise<RowSample> {
  const [total = 1, columns = 1] = tensor.shape
  const rows = total <= wanted ? Int32Array.from({ length: total }, (_, row) => row) : chooseRows(total, wanted, random)
  const weights = rows.length === total ? await tensor.read() : await readEach(tensor, rows, columns)
  assertFinite(tensor.name, weights)
  return { rows, weights, scale: total / rows.length }
}

/** One row out of each of `wanted` equal stretches: spread over the matrix, never the same twice. */
function chooseRows(total: number, wanted: number, random: () => number): Int32Array {
  return Int32Array.from({ length: wanted }, (_, index) => {
    const start = Math.floor((index * total) / wanted)
    const end = Math.floor(((index + 1) * total) / wanted)
    return start + Math.floor(random() * (end - start))
  })
}

async function readEach(tensor: LazyTensor, rows: Int32Array, columns: number): Promise<Float32Array> {
  const weights = new Float32Array(rows.length * columns)
  for (const [index, row] of rows.entries()) weights.set(await tensor.readRows(row, 1), index * columns)
  return weights
}
