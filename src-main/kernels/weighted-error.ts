import { wholeRows } from './shape.ts'

/** sum over rows and columns of importance_j (weights - decoded)^2 in float64; null importance counts every column once. */
export function weightedError(weights: Float32Array, decoded: Float32Array, columns: number, importance: Float32Array | null): number {
  if (decoded.length !== weights.length) throw new RangeError(`${decoded.length} decoded values for ${weights.length} weights`)
  wholeRows(weights.length, columns, importance)
  // Eight partial sums, so that the native twin may add in the same order with its lanes.
  const sums = new Float64Array(8)
  let column = 0
  for (let i = 0; i < weights.length; i++) {
    const difference = (weights[i] as number) - (decoded[i] as number)
    const lane = i & 7
    sums[lane] = (sums[lane] as number) + (importance === null ? 1 : (importance[column] as number)) * (difference * difference)
    if (++column === columns) column = 0
  }
  return treeSum(sums)
}

function treeSum(sums: Float64Array): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = sums
  return a + e + (c + g) + (b + f + (d + h))
}
