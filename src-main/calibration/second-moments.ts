import type { MatrixMath } from '../compute/matrix.ts'
import { assertOneArray } from '../tensor/pieces.ts'

/** Tokens' worth of trust in the layer's mean; the same as for importance (see importance.ts). */
const SHRINKAGE_TOKENS = 256

/** Rows that go into one product. */
const ROWS_AT_ONCE = 8192

/**
 * Sum of s_t x_t x_t^T over the rows of x, (columns, columns), in float64 across batches. Throws RangeError from 16384 columns on: more
 * than one array.
 * @param scales s_t >= 0 of each row, or null for 1
 */
export async function outerSum(matrices: MatrixMath, x: Float32Array, columns: number, scales: Float32Array | null): Promise<Float64Array> {
  assertOneArray(`the second moment of ${columns} columns`, columns * columns, Float64Array.BYTES_PER_ELEMENT)
  const sum = new Float64Array(columns * columns)
  const rows = x.length / columns
  for (let start = 0; start < rows; start += ROWS_AT_ONCE) {
    const end = Math.min(rows, start + ROWS_AT_ONCE)
    const part = x.subarray(start * columns, end * columns)
    const data = scales === null ? part : scaleRows(part, columns, scales.subarray(start, end))
    const { data: product } = await matrices.gram({ data, rows: end - start, columns })
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (product[i] as number)
  }
  return sum
}

/** Rows times the roots of their scales. */
function scaleRows(x: Float32Array, columns: number, scales: Float32Array): Float32Array {
  const out = x.slice()
  for (let row = 0; row < scales.length; row++) {
    const root = Math.sqrt(scales[row] as number)
    for (let i = row * columns; i < (row + 1) * columns; i++) out[i] = (out[i] as number) * root
  }
  return out
}

/**
 * (own + 256 layer mean) / (n + 256): the mean of x x^T an expert is judged by.
 * @param own   sum over the expert's n tokens, (in, in); @param count n
 * @param layer sum over all routed tokens of the layer, (in, in); @param total their number
 */
export function shrunkMoment(own: Float64Array, count: number, layer: Float64Array, total: number): Float32Array {
  const share = total === 0 ? 0 : SHRINKAGE_TOKENS / total
  return Float32Array.from(own, (sum, i) => (sum + share * (layer[i] as number)) / (count + SHRINKAGE_TOKENS))
}

/** The plain mean; zeros where nothing was seen. */
export function meanMoment(sum: Float64Array, count: number): Float32Array {
  return Float32Array.from(sum, (value) => (count === 0 ? 0 : value / count))
}
