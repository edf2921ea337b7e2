/**
 * What an error in column j costs once the columns after it have made good what they can, 1 / R_jj^2, in parts of the largest: how the
 * block searches weigh the columns. (columns)
 */
export function conditionalImportance(factor: Float64Array, columns: number): Float32Array {
  let least = Infinity
  for (let j = 0; j < columns; j++) least = Math.min(least, factor[j * columns + j] as number)
  return Float32Array.from({ length: columns }, (_, j) => (least / (factor[j * columns + j] as number)) ** 2)
}
