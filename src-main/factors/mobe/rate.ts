/** Updates over which the rate rises from 0. */
const WARM_UP = 5
/** Share of the solve at the full rate; from there it falls to 0 in a straight line. */
const LEVEL = 0.5

/** The factor of the rate at update `update` (from 1) of `updates`. */
export function rateAt(update: number, updates: number): number {
  const done = update / updates
  const fall = done < LEVEL ? 1 : (1 - done) / (1 - LEVEL)
  return Math.min(1, update / WARM_UP) * fall
}
