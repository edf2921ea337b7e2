import { narrowToF16Value, widenF16Value } from '../../tensor/convert.ts'
import type { GroupInput } from './gptq.ts'
import { fedError } from './grid.ts'
import type { Grid } from './grid.ts'

/** Parts of a group's range, or of its mean magnitude at 1 bit, that are tried: first, first - step, ... */
interface Parts {
  readonly first: number
  readonly step: number
  readonly count: number
}

/**
 * Measured on the experts of a trained model and on random weights under correlated inputs, Hessian error against the whole range's:
 * 0.40 .. 0.57 of it at 2 bits, 0.64 .. 0.69 at 3, 0.79 .. 0.84 at 4. Half as many parts cost up to 5 %, more zero points gain nothing.
 */
const RANGE_PARTS: Parts = { first: 1, step: 0.02, count: 32 }
/** With feedback the best pair lies further out than the mean, which is best without: 0.57 .. 0.94 of its error, measured likewise. */
const MEAN_PARTS: Parts = { first: 1.8, step: 0.05, count: 24 }

/** What choosing the grids of a matrix's groups needs. */
export interface GroupWork {
  readonly input: GroupInput
  /** The grid of the present group. */
  readonly grid: Grid
  readonly trial: Grid
  readonly weights: Float64Array
  readonly scratch: Float64Array
}

/** Room for the groups of `input`. */
export function groupWork(input: GroupInput): GroupWork {
  const grid = (): Grid => ({ step: 0, shift: 0, low: 0, high: 0, binary: input.bits === 1 })
  return { input, grid: grid(), trial: grid(), weights: new Float64Array(input.groupSize), scratch: new Float64Array(input.groupSize) }
}

/**
 * The grid of the group that starts at work[at], in column `start`: of its range (mean magnitude at 1 bit) and, when searching, of parts
 * of that, the one whose rounding with feedback inside the group leaves the least sum e_j^2.
 */
export function chooseGrid({ input, grid, trial, weights, scratch }: GroupWork, work: Float64Array, at: number, start: number): void {
  const { columns, factor, groupSize, bits, symmetric = false, search = true } = input
  let least = 0
  let most = 0
  let magnitudes = 0
  for (let j = 0; j < groupSize; j++) {
    const weight = work[at + j] as number
    weights[j] = weight
    least = weight < least ? weight : least
    most = weight > most ? weight : most
    magnitudes += Math.abs(weight)
  }
  const parts = bits === 1 ? MEAN_PARTS : RANGE_PARTS
  let best = Infinity
  for (let k = 0; k < (search ? parts.count : 1); k++) {
    const part = search ? parts.first - k * parts.step : 1
    if (bits === 1) setBinary(trial, part * (magnitudes / groupSize))
    else setRange(trial, part * least, part * most, 2 ** bits - 1, symmetric)
    const error = search ? fedError(trial, weights, start, columns, factor, scratch, best) : 0
    if (k > 0 && !(error < best)) continue
    best = error
    Object.assign(grid, trial)
  }
}

/** +-scale. */
function setBinary(grid: Grid, scale: number): void {
  grid.shift = storedScale(scale)
  grid.step = 2 * grid.shift
  grid.high = 1
}

/** The grid of levels + 1 values from `least` to `most`, zero among them. */
function setRange(grid: Grid, least: number, most: number, levels: number, symmetric: boolean): void {
  const reach = Math.max(-least, most)
  grid.step = storedScale((symmetric ? 2 * reach : most - least) / levels)
  const zero = symmetric ? (levels + 1) / 2 : grid.step === 0 ? 0 : Math.min(levels, nearest(-least / grid.step))
  grid.low = -zero
  grid.high = levels - zero
}

const ROUNDER = 6755399441055744
const nearest = (value: number): number => value + ROUNDER - ROUNDER
const LARGEST_HALF = 0x7bff

/** The nearest finite number >= 0 half precision has. */
function storedScale(value: number): number {
  return widenF16Value(Math.min(LARGEST_HALF, narrowToF16Value(Math.fround(value))))
}
