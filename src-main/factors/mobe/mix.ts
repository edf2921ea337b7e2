/** Rows of exp(w - max) / sum: alpha (experts, bases) from logits w. */
export function softmaxRows(logits: Float32Array, bases: number): Float32Array {
  const mix = new Float32Array(logits.length)
  for (let row = 0; row < logits.length; row += bases) {
    let most = -Infinity
    for (let j = row; j < row + bases; j++) most = Math.max(most, logits[j] as number)
    let sum = 0
    for (let j = row; j < row + bases; j++) sum += Math.exp((logits[j] as number) - most)
    for (let j = row; j < row + bases; j++) mix[j] = Math.exp((logits[j] as number) - most) / sum
  }
  return mix
}

/** dloss/dw = alpha (dloss/dalpha - sum_j alpha_j dloss/dalpha_j), row by row. */
export function softmaxGradient(mix: Float32Array, gradient: Float32Array, bases: number): Float32Array {
  const result = new Float32Array(mix.length)
  for (let row = 0; row < mix.length; row += bases) {
    let mean = 0
    for (let j = row; j < row + bases; j++) mean += (mix[j] as number) * (gradient[j] as number)
    for (let j = row; j < row + bases; j++) result[j] = (mix[j] as number) * ((gradient[j] as number) - mean)
  }
  return result
}
