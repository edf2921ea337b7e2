import { widenF16Value } from '../../tensor/convert.ts'
import { affineFields, symmetricFields } from '../blocks/decode.ts'
import type { AffineLayout, SymmetricLayout } from '../blocks/fields.ts'
import { AFFINE_LAYOUTS, SYMMETRIC_LAYOUTS } from '../blocks/layouts.ts'
import type { FeedbackType } from './gptq.ts'
import { fedError } from './grid.ts'
import type { Grid } from './grid.ts'

/** How far from the search's a sub-block's stored scale, and its stored minimum, are tried. */
const AFFINE_REACH = { scale: 8, minimum: 4 }
/**
 * As in an affine block. Measured as the parts of group-grid.ts: the Hessian error falls to 0.53 .. 0.9 of that with the search's own
 * scales; reaching half as far costs 1 to 8 %, twice as far gains up to 3 %.
 */
const SYMMETRIC_REACH = 16

/** One ggml block under work, its half-precision fields fixed, its sub-blocks' fields chosen as the columns come to them. */
export interface BlockGrids {
  readonly subSize: number
  /** The grid of the present sub-block. */
  readonly grid: Grid
  /** (block) as the grid numbers them. */
  readonly codes: Uint8Array | Int8Array
  /** Takes the scales of a searched block. */
  open(bytes: Uint8Array, offset: number): void
  /** Chooses the stored scale (and minimum) of a sub-block for its weights work[at ..], the first of them in `column`. */
  choose(subBlock: number, work: Float64Array, at: number, column: number): void
  /** Writes the block; the bytes there must be zero. */
  pack(bytes: Uint8Array, offset: number): void
}

/** The blocks of a matrix of `type`, one at a time. */
export function blockGrids(type: FeedbackType, columns: number, factor: Float64Array): BlockGrids {
  const affine = AFFINE_LAYOUTS[type]
  if (affine !== undefined) return affineGrids(affine, columns, factor)
  const symmetric = SYMMETRIC_LAYOUTS[type]
  if (symmetric !== undefined) return symmetricGrids(symmetric, columns, factor)
  throw new RangeError(`no layout for ${type}`)
}

function affineGrids(layout: AffineLayout, columns: number, factor: Float64Array): BlockGrids {
  const { subSize, scaleMax } = layout
  const fields = affineFields(layout)
  const grid: Grid = { step: 0, shift: 0, low: 0, high: layout.levels, binary: false }
  const trial = { ...grid }
  const scratch = new Float64Array(subSize)
  return {
    subSize,
    grid,
    codes: fields.codes,
    open: (bytes, offset) => layout.unpack(bytes, offset, fields),
    choose(i, work, at, column) {
      const weights = work.subarray(at, at + subSize)
      const d = widenF16Value(fields.scale)
      const e = widenF16Value(fields.minimum)
      const scale = fields.scales[i] as number
      const minimum = fields.minimums[i] as number
      let best = Infinity
      grid.step = Math.fround(d * scale)
      grid.shift = Math.fround(e * minimum)
      for (const s of around(scale, AFFINE_REACH.scale, 0, scaleMax)) {
        trial.step = Math.fround(d * s)
        for (const m of around(minimum, AFFINE_REACH.minimum, 0, scaleMax)) {
          trial.shift = Math.fround(e * m)
          const error = fedError(trial, weights, column, columns, factor, scratch, best)
          if (!(error < best)) continue
          best = error
          grid.step = trial.step
          grid.shift = trial.shift
          fields.scales[i] = s
          fields.minimums[i] = m
        }
      }
    },
    pack: (bytes, offset) => layout.pack(fields, bytes, offset),
  }
}

function symmetricGrids(layout: SymmetricLayout, columns: number, factor: Float64Array): BlockGrids {
  const { subSize, scaleMin, scaleMax, codeMin, codeMax } = layout
  const fields = symmetricFields(layout)
  const grid: Grid = { step: 0, shift: 0, low: codeMin, high: codeMax, binary: false }
  const trial = { ...grid }
  const scratch = new Float64Array(subSize)
  return {
    subSize,
    grid,
    codes: fields.codes,
    open: (bytes, offset) => layout.unpack(bytes, offset, fields),
    choose(i, work, at, column) {
      const weights = work.subarray(at, at + subSize)
      const d = widenF16Value(fields.scale)
      const scale = fields.scales[i] as number
      let best = Infinity
      grid.step = Math.fround(d * scale)
      for (const s of around(scale, SYMMETRIC_REACH, scaleMin, scaleMax)) {
        trial.step = Math.fround(d * s)
        const error = fedError(trial, weights, column, columns, factor, scratch, best)
        if (!(error < best)) continue
        best = error
        grid.step = trial.step
        fields.scales[i] = s
      }
    },
    pack: (bytes, offset) => layout.pack(fields, bytes, offset),
  }
}

/** Whole numbers within `reach` of `center` and between `low` and `high`, nearest first, the larger of two first. */
function around(center: number, reach: number, low: number, high: number): number[] {
  const found = [center]
  for (let k = 1; k <= reach; k++) {
    if (center + k <= high) found.push(center + k)
    if (center - k >= low) found.push(center - k)
  }
  return found
}
