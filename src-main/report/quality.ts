import { ExpectedError } from '../contract/errors.ts'
import type { Quality } from '../contract/report.ts'

/** What is kept of the tokens compared so far. Fill it with {@link compareToken}, window by window, and close it with {@link summarize}. */
export interface QualitySums {
  /** Summed negative log-likelihood of the true next tokens, nats. */
  originalLoss: number
  shrunkLoss: number
  /** Tokens whose most likely successor is the same in both models. */
  agreements: number
  /** Sum over tokens of sum_v min(p_v, q_v). */
  acceptance: number
  /** KL(p || q) of every token, nats. */
  readonly divergences: number[]
  /** By how much the shrunk model's loss is above the original's, every token, nats. */
  readonly excesses: number[]
  /** Index in `divergences` at which each window starts. */
  readonly windowStarts: number[]
}

/** Sums with no tokens in them. */
export function emptySums(): QualitySums {
  return { originalLoss: 0, shrunkLoss: 0, agreements: 0, acceptance: 0, divergences: [], excesses: [], windowStarts: [] }
}

/** Says that the tokens that follow belong to another window of text. */
export function startWindow(sums: QualitySums): void {
  sums.windowStarts.push(sums.divergences.length)
}

/** Scratch for exponentials of two rows; grown to the largest vocabulary seen. */
let originalExp = new Float64Array(0)
let shrunkExp = new Float64Array(0)

/**
 * Compares two predictions of one next token: p from the original's logits a, q from the shrunk model's logits b.
 *
 *   p_v = e^(a_v - max a) / Z_a,   q_v = e^(b_v - max b) / Z_b,
 *   KL(p || q) = sum_v p_v ((a_v - max a) - (b_v - max b)) - ln Z_a + ln Z_b
 *
 * All sums run in float64, so that two equal rows give exactly 0 and rounding stays near 1e-15.
 * @param original logits of one token (vocabulary); a view into a larger array is fine
 * @param shrunk   logits of the same token (vocabulary)
 * @param next     the token that really follows
 * Throws ExpectedError 'tensor-not-finite' when a row holds NaN or infinity.
 */
export function compareToken(sums: QualitySums, original: Float32Array, shrunk: Float32Array, next: number): void {
  const size = original.length
  if (originalExp.length < size) {
    originalExp = new Float64Array(size)
    shrunkExp = new Float64Array(size)
  }
  const topOriginal = largest(original)
  const topShrunk = largest(shrunk)
  const maxOriginal = original[topOriginal] as number
  const maxShrunk = shrunk[topShrunk] as number
  let sumOriginal = 0
  let sumShrunk = 0
  let weighted = 0
  for (let v = 0; v < size; v++) {
    const a = (original[v] as number) - maxOriginal
    const b = (shrunk[v] as number) - maxShrunk
    const p = Math.exp(a)
    const q = Math.exp(b)
    originalExp[v] = p
    shrunkExp[v] = q
    sumOriginal += p
    sumShrunk += q
    weighted += p * (a - b)
  }
  if (!Number.isFinite(sumOriginal)) throw new ExpectedError('tensor-not-finite', { tensor: 'logits', model: 'original' })
  if (!Number.isFinite(sumShrunk) || !Number.isFinite(weighted))
    throw new ExpectedError('tensor-not-finite', { tensor: 'logits', model: 'shrunk' })
  const logOriginal = Math.log(sumOriginal)
  const logShrunk = Math.log(sumShrunk)
  const originalLoss = logOriginal - ((original[next] as number) - maxOriginal)
  const shrunkLoss = logShrunk - ((shrunk[next] as number) - maxShrunk)
  sums.originalLoss += originalLoss
  sums.shrunkLoss += shrunkLoss
  sums.excesses.push(shrunkLoss - originalLoss)
  sums.divergences.push(Math.max(0, weighted / sumOriginal - logOriginal + logShrunk))
  sums.acceptance += sharedProbability(size, sumOriginal, sumShrunk)
  if (topOriginal === topShrunk) sums.agreements++
}

/** sum_v min(p_v, q_v) of the rows in the scratch. */
function sharedProbability(size: number, sumOriginal: number, sumShrunk: number): number {
  const scale = sumOriginal / sumShrunk
  let shared = 0
  for (let v = 0; v < size; v++) {
    const p = originalExp[v] as number
    const q = (shrunkExp[v] as number) * scale
    shared += p < q ? p : q
  }
  return shared / sumOriginal
}

/** Index of the first largest element. */
function largest(row: Float32Array): number {
  let best = 0
  let value = row[0] as number
  for (let v = 1; v < row.length; v++) {
    const here = row[v] as number
    if (here > value) {
      value = here
      best = v
    }
  }
  return best
}

/** Negative log-likelihood of `next` under one row of logits, nats. Throws ExpectedError 'tensor-not-finite'. */
export function tokenLoss(logits: Float32Array, next: number): number {
  const max = logits[largest(logits)] as number
  let sum = 0
  for (let v = 0; v < logits.length; v++) sum += Math.exp((logits[v] as number) - max)
  const loss = Math.log(sum) - ((logits[next] as number) - max)
  if (!Number.isFinite(loss)) throw new ExpectedError('tensor-not-finite', { tensor: 'logits' })
  return loss
}

/** The quality over everything compared. Throws RangeError with fewer than two windows: one window has no standard error. */
export function summarize(sums: QualitySums): Quality {
  const tokens = sums.divergences.length
  if (sums.windowStarts.length < 2 || tokens < 2) throw new RangeError('quality needs at least two windows')
  const mean = sums.divergences.reduce((total, value) => total + value, 0) / tokens
  const excess = (sums.shrunkLoss - sums.originalLoss) / tokens
  return {
    tokens,
    perplexity: {
      original: Math.exp(sums.originalLoss / tokens),
      shrunk: Math.exp(sums.shrunkLoss / tokens),
      ratioError: Math.exp(excess) * clusteredError(sums.excesses, sums.windowStarts, excess),
    },
    klDivergence: { mean, standardError: clusteredError(sums.divergences, sums.windowStarts, mean), p99: quantile(sums.divergences, 0.99) },
    topOneAgreement: sums.agreements / tokens,
    esap: sums.acceptance / tokens,
  }
}

/**
 * Standard error of the mean when the tokens of one window are not independent: with d_w the window's summed deviation from the
 * mean, sqrt(W / (W - 1) sum_w d_w^2) / tokens.
 */
function clusteredError(values: readonly number[], windowStarts: readonly number[], mean: number): number {
  const windows = windowStarts.length
  let squares = 0
  windowStarts.forEach((start, w) => {
    let deviation = 0
    for (const value of values.slice(start, windowStarts[w + 1] ?? values.length)) deviation += value - mean
    squares += deviation * deviation
  })
  return Math.sqrt((windows / (windows - 1)) * squares) / values.length
}

/** The value below which `share` of the values lie, between neighbors by straight line. */
function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  const at = share * (sorted.length - 1)
  const low = sorted[Math.floor(at)] ?? NaN
  const high = sorted[Math.ceil(at)] ?? NaN
  return low + (high - low) * (at - Math.floor(at))
}
