/**
 * Columns that explain most of what a factorization leaves, one after the other (orthogonal matching pursuit): the next is the one whose
 * inputs, freed of what the chosen ones tell, would lower the error most.
 *
 *   gain_j = K_jj / C_jj      K = sum_e w_e M R_e^T R_e M      C = M, both deflated by every column chosen
 *
 * @param left  K (n, n), the residuals seen through the moment @param moment M (n, n), null = the identity
 * @returns `count` different columns, best first
 */
export function pickColumns(left: Float64Array, moment: Float32Array | null, n: number, count: number): number[] {
  if (count > n) throw new RangeError(`${count} columns of ${n}`)
  if (moment === null)
    return [...Array(n).keys()].sort((a, b) => (left[b * n + b] as number) - (left[a * n + a] as number) || a - b).slice(0, count)
  const k = left.slice()
  const c = Float64Array.from(moment)
  const chosen: number[] = []
  const taken = new Uint8Array(n)
  while (chosen.length < count) {
    const next = bestColumn(k, c, moment, taken, n)
    taken[next] = 1
    chosen.push(next)
    deflate(k, c, next, n)
  }
  return chosen
}

/** Inputs that others tell to this part have nothing to add. */
const DEPENDENT = 1e-9

function bestColumn(k: Float64Array, c: Float64Array, moment: Float32Array, taken: Uint8Array, n: number): number {
  let best = -1
  let most = -1
  for (let j = 0; j < n; j++) {
    if (taken[j] === 1) continue
    const free = c[j * n + j] as number
    const gain = free > DEPENDENT * (moment[j * n + j] as number) ? Math.max(0, k[j * n + j] as number) / free : 0
    if (gain > most) [best, most] = [j, gain]
  }
  return best
}

/** Takes what column `b` tells out of both: x_j - x_b C_bj / C_bb for every other j. */
function deflate(k: Float64Array, c: Float64Array, b: number, n: number): void {
  const pivot = c[b * n + b] as number
  if (!(pivot > 0)) return
  const share = c.slice(b * n, b * n + n).map((value) => value / pivot)
  const row = k.slice(b * n, b * n + n)
  const corner = row[b] as number
  for (let i = 0; i < n; i++) {
    const own = share[i] as number
    const fromRow = (row[i] as number) - own * corner
    for (let j = 0; j < n; j++) {
      const at = i * n + j
      k[at] = (k[at] as number) - own * (row[j] as number) - fromRow * (share[j] as number)
      c[at] = (c[at] as number) - own * pivot * (share[j] as number)
    }
  }
}
