import { normalFrom, seededRandom } from '../../src-main/tensor/random.ts'

/** A matrix to quantize, the inputs it has seen as their second moments, and the factor GPTQ wants. */
export interface CalibratedRows {
  readonly name: string
  readonly columns: number
  /** (rows, columns) */
  readonly weights: Float32Array
  /** (columns, columns) X^T X with 1 % of its mean diagonal added. */
  readonly hessian: Float64Array
  /** (columns, columns) R with hessian^-1 = R^T R. */
  readonly factor: Float64Array
  /** (columns) mean x_j^2. */
  readonly importance: Float32Array
}

/** Random rows under correlated inputs of very unlike power: x = (latent M / 4 + noise) * scale. */
export function calibratedRows(rows: number, columns: number, seed: number): CalibratedRows {
  const normal = normalFrom(seededRandom(seed))
  const weights = Float32Array.from({ length: rows * columns }, () => 0.03 * normal() * (1 + 0.5 * Math.abs(normal())))
  const latent = Math.min(32, Math.ceil(columns / 4))
  const mixing = Float64Array.from({ length: latent * columns }, normal)
  const scales = Float64Array.from({ length: columns }, () => Math.exp(0.5 * normal()))
  const inputs = new Float32Array(2 * columns * columns)
  for (let t = 0; t < 2 * columns; t++) {
    const hidden = Array.from({ length: latent }, normal)
    for (let j = 0; j < columns; j++) {
      let value = normal()
      for (const [l, part] of hidden.entries()) value += 0.25 * part * (mixing[l * columns + j] as number)
      inputs[t * columns + j] = value * (scales[j] as number)
    }
  }
  return fromInputs('correlated', weights, columns, inputs)
}

/** @param inputs (tokens, columns) */
export function fromInputs(name: string, weights: Float32Array, columns: number, inputs: Float32Array): CalibratedRows {
  const tokens = inputs.length / columns
  const hessian = new Float64Array(columns * columns)
  for (let t = 0; t < tokens; t++) {
    for (let i = 0; i < columns; i++) {
      const x = inputs[t * columns + i] as number
      for (let k = 0; k < columns; k++)
        hessian[i * columns + k] = (hessian[i * columns + k] as number) + x * (inputs[t * columns + k] as number)
    }
  }
  const importance = Float32Array.from({ length: columns }, (_, j) => (hessian[j * columns + j] as number) / tokens)
  const damping = (importance.reduce((sum, value) => sum + value, 0) * tokens * 0.01) / columns
  for (let j = 0; j < columns; j++) hessian[j * columns + j] = (hessian[j * columns + j] as number) + damping
  return { name, columns, weights, hessian, factor: factorOf(hessian, columns), importance }
}

/**
 * R from H = U U^T with U upper triangular, as R = U^-1 (then H^-1 = U^-T U^-1 = R^T R): plain loops, last column first.
 */
export function factorOf(hessian: Float64Array, n: number): Float64Array {
  const upper = new Float64Array(n * n)
  const at = (matrix: Float64Array, i: number, j: number): number => matrix[i * n + j] as number
  for (let j = n - 1; j >= 0; j--) {
    let square = at(hessian, j, j)
    for (let k = j + 1; k < n; k++) square -= at(upper, j, k) ** 2
    const root = Math.sqrt(square)
    upper[j * n + j] = root
    for (let i = 0; i < j; i++) {
      let value = at(hessian, i, j)
      for (let k = j + 1; k < n; k++) value -= at(upper, i, k) * at(upper, j, k)
      upper[i * n + j] = value / root
    }
  }
  const factor = new Float64Array(n * n)
  for (let j = 0; j < n; j++) {
    factor[j * n + j] = 1 / at(upper, j, j)
    for (let i = j - 1; i >= 0; i--) {
      let value = 0
      for (let k = i + 1; k <= j; k++) value += at(upper, i, k) * at(factor, k, j)
      factor[i * n + j] = -value / at(upper, i, i)
    }
  }
  return factor
}

/** The identity. */
export function identity(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0))
}
