/** a = Q T Q^T with T symmetric tridiagonal: its diagonal (n), the numbers beside it (n, the last one 0), and Q^T (n, n). */
export interface Tridiagonal {
  readonly diagonal: Float64Array
  readonly beside: Float64Array
  readonly rotation: Float64Array
}

/**
 * Householder's reduction, from the last row to the first: H_i = I - beta v v^T acts on the first i coordinates and leaves of row i only
 * the number beside the diagonal. `a` (n, n) is overwritten; row i of its lower triangle then holds v_i.
 */
export function tridiagonalize(a: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n)
  const beside = new Float64Array(n)
  const betas = new Float64Array(n)
  const w = new Float64Array(n)
  for (let i = n - 1; i > 0; i--) {
    const row = i * n
    diagonal[i] = a[row + i] as number
    const [beta, left] = reflector(a, row, i)
    betas[i] = beta
    beside[i - 1] = left
    if (beta === 0) continue
    // w = beta A v - (beta^2 v^T A v / 2) v, then A -= v w^T + w v^T.
    timesSymmetric(a, n, i, row, beta, w)
    let inner = 0
    for (let k = 0; k < i; k++) inner += (w[k] as number) * (a[row + k] as number)
    const half = (beta / 2) * inner
    for (let k = 0; k < i; k++) w[k] = (w[k] as number) - half * (a[row + k] as number)
    for (let r = 0; r < i; r++) {
      const [vr, wr] = [a[row + r] as number, w[r] as number]
      for (let c = 0; c <= r; c++) a[r * n + c] = (a[r * n + c] as number) - (vr * (w[c] as number) + wr * (a[row + c] as number))
    }
  }
  if (n > 0) diagonal[0] = a[0] as number
  return { diagonal, beside, rotation: accumulate(a, n, betas) }
}

/**
 * The reflector of the `count` numbers x at `start`, which become v: (I - beta v v^T) x = (0, ..., 0, left).
 * beta 0 means there is nothing to reflect; squares that underflow are nothing (the matrix was scaled to 1).
 */
function reflector(a: Float64Array, start: number, count: number): [beta: number, left: number] {
  let squares = 0
  for (let k = start; k < start + count - 1; k++) squares += (a[k] as number) * (a[k] as number)
  const end = start + count - 1
  const last = a[end] as number
  if (squares === 0) return [0, last]
  const left = last > 0 ? -Math.sqrt(squares + last * last) : Math.sqrt(squares + last * last)
  a[end] = last - left
  return [2 / (squares + (last - left) * (last - left)), left]
}

/** w = beta A v for the leading (size, size) block of which the lower triangle is kept; v lies in `a` at `v`. */
function timesSymmetric(a: Float64Array, n: number, size: number, v: number, beta: number, w: Float64Array): void {
  w.fill(0, 0, size)
  for (let r = 0; r < size; r++) {
    const own = a[v + r] as number
    let sum = 0
    for (let c = 0; c < r; c++) {
      const element = a[r * n + c] as number
      sum += element * (a[v + c] as number)
      w[c] = (w[c] as number) + element * own
    }
    w[r] = (w[r] as number) + sum + (a[r * n + r] as number) * own
  }
  for (let r = 0; r < size; r++) w[r] = beta * (w[r] as number)
}

/** Q^T = H_2 H_3 ... H_(n-1). Rows are independent: each takes the reflectors that reach it, in turn. */
function accumulate(a: Float64Array, n: number, betas: Float64Array): Float64Array {
  const q = new Float64Array(n * n)
  for (let r = 0; r < n; r++) {
    const row = r * n
    q[row + r] = 1
    for (let i = r + 1; i < n; i++) {
      const beta = betas[i] as number
      if (beta === 0) continue
      let sum = 0
      for (let k = 0; k < i; k++) sum += (q[row + k] as number) * (a[i * n + k] as number)
      sum *= beta
      for (let k = 0; k < i; k++) q[row + k] = (q[row + k] as number) - sum * (a[i * n + k] as number)
    }
  }
  return q
}
