import type { Kernels } from '../kernels/kernels.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'

/** sum_j a_j (w_ij - v_ij)^2 of every row i; `decoded` null takes v = 0: the row's own power. (rows) */
export function rowPowers(
  weights: Float32Array,
  decoded: Float32Array | null,
  columns: number,
  importance: Float32Array | null,
): Float64Array {
  const powers = new Float64Array(weights.length / columns)
  for (let row = 0; row < powers.length; row++) {
    const start = row * columns
    let sum = 0
    for (let column = 0; column < columns; column++) {
      const difference = (weights[start + column] as number) - (decoded === null ? 0 : (decoded[start + column] as number))
      sum += (importance === null ? 1 : (importance[column] as number)) * difference * difference
    }
    powers[row] = sum
  }
  return powers
}

/** The error each row gets when stored as `type`, weighted by what reaches its columns. (rows) */
export function rowErrors(
  kernels: Kernels,
  type: GgmlTypeName,
  weights: Float32Array,
  columns: number,
  encodedFor: Float32Array | null,
  weightedBy: Float32Array | null,
): Float64Array {
  const decoded = kernels.decode(type, kernels.encode(type, weights, columns, encodedFor), columns)
  return rowPowers(weights, decoded, columns, weightedBy)
}
