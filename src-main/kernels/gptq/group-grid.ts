import { narrowToF16Value, widenF16Value } from '../../tensor/convert.ts'
import type { GroupInput } from './gptq.ts'
import { fedError } from './grid.ts'
import type { Grid } from './grid.ts'

/** The parts of a group's range tried, from all of it downward. */
const SHRINK = { step: 0.04, count: 16 }

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
  let best = Infinity
  for (let k = 0; k < (search ? SHRINK.count : 1); k++) {
    const part = 1 - k * SHRINK.step
    if (bits === 1) setBinary(trial, part * (magnitudes / groupSize))
    else setRange(trial, part * least, part * most, 2 ** bits - 1, symmetric)
    const error = search ? fedError(trial, weights, start, start + groupSize, columns, factor, scratch) : 0
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
