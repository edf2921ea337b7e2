/**
 * A grid of evenly spaced values: step * q - shift for whole q in [low, high], rounded to single precision after either operation, as the
 * decoders do. `binary` is the pair +-shift (step = 2 shift, q 0 or 1): its zero belongs to the upper one.
 */
export interface Grid {
  step: number
  shift: number
  low: number
  high: number
  binary: boolean
}

/** 1.5 * 2^52: adding and subtracting it leaves the nearest whole number, ties to even. */
const ROUNDER = 6755399441055744

/** The q whose value is nearest to `weight`; the one nearest 0 on a grid without steps. */
export function codeOf(grid: Grid, weight: number): number {
  if (grid.binary) return weight >= 0 ? 1 : 0
  const q = grid.step === 0 ? 0 : (weight + grid.shift) / grid.step + ROUNDER - ROUNDER
  const raised = q > grid.low ? q : grid.low
  return raised < grid.high ? raised : grid.high
}

/** What code q is decoded to. */
export function valueOf(grid: Grid, q: number): number {
  return Math.fround(Math.fround(grid.step * q) - grid.shift)
}

/** Columns among which {@link fedError} feeds errors: the judgment of a wide group costs no more than that of many narrow ones. */
const PIECE_COLUMNS = 128

/**
 * sum e_j^2 over columns [start, start + weights.length) of a row if they were rounded to `grid`, feeding errors among themselves (in
 * pieces of 128 columns), or anything >= `limit` when it is no less than that.
 * @param weights those columns' weights as they stand
 * @param scratch room for as many
 */
export function fedError(
  grid: Grid,
  weights: Float64Array,
  start: number,
  columns: number,
  factor: Float64Array | null,
  scratch: Float64Array,
  limit: number,
): number {
  let sum = 0
  scratch.set(weights)
  for (let j = 0; j < weights.length && sum < limit; j++) {
    const weight = scratch[j] as number
    const rest = weight - valueOf(grid, codeOf(grid, weight))
    const row = (start + j) * columns + start
    const error = factor === null ? rest : rest / (factor[row + j] as number)
    sum += error * error
    if (factor === null) continue
    const end = Math.min(weights.length, j - (j % PIECE_COLUMNS) + PIECE_COLUMNS)
    for (let k = j + 1; k < end; k++) scratch[k] = (scratch[k] as number) - error * (factor[row + k] as number)
  }
  return sum
}
