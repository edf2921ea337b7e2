/**
 * sum over rows of dw H dw^T in float64: for each row y = dw H, its terms in the order of dw, then sum y dw in the order of the columns.
 */
export function hessianError(weights: Float32Array, decoded: Float32Array, columns: number, hessian: Float32Array | Float64Array): number {
  const rows = weights.length / columns
  const product = new Float64Array(columns)
  let total = 0
  for (let row = 0; row < rows; row++) {
    product.fill(0)
    const base = row * columns
    for (let i = 0; i < columns; i++) {
      const difference = (weights[base + i] as number) - (decoded[base + i] as number)
      const from = i * columns
      for (let k = 0; k < columns; k++) product[k] = (product[k] as number) + difference * (hessian[from + k] as number)
    }
    let sum = 0
    for (let k = 0; k < columns; k++) sum += (product[k] as number) * ((weights[base + k] as number) - (decoded[base + k] as number))
    total += sum
  }
  return total
}
