import { ExpectedError } from '../contract/errors.ts'

/** Averages given in decimals miss whole sums by rounding errors of this order. */
const ROUNDING = 1e-9

/**
 * Widths with no thought given to who needs them, the baseline for an allocation: the two widths around `averageBits`, spread evenly
 * (Bresenham) so that the average comes as near as it can without being exceeded.
 * @throws ExpectedError 'budget-too-small' with `averageBits` and `smallestAverageBits`
 */
export function evenWidths(count: number, averageBits: number, widths: readonly number[]): number[] {
  const growing = [...widths].sort((a, b) => a - b)
  const lower = growing.findLast((width) => width <= averageBits)
  if (lower === undefined) throw new ExpectedError('budget-too-small', { averageBits, smallestAverageBits: growing[0] ?? 0 })
  const upper = growing.find((width) => width > averageBits) ?? lower
  const wider = upper === lower ? 0 : Math.floor(((averageBits - lower) / (upper - lower)) * count + ROUNDING)
  return Array.from({ length: count }, (_, index) => {
    return Math.floor(((index + 1) * wider) / count) > Math.floor((index * wider) / count) ? upper : lower
  })
}
