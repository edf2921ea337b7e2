import { groupShape, groupsOf } from './checks.ts'
import { feedErrors, rowErrors } from './feedback.ts'
import type { GroupBits, GroupCodes, GroupInput } from './gptq.ts'
import { codeOf, valueOf } from './grid.ts'
import { chooseGrid, groupWork } from './group-grid.ts'

/** Blocks of whole groups no wider than this pass their errors on; wider groups are passed through in pieces of it. */
const BLOCK_COLUMNS = 128

/** See {@link GptqKernels.quantizeGroups}. */
export function quantizeGroups(input: GroupInput): GroupCodes {
  const { rows } = groupShape(input)
  const nearest = roundGroups({ ...input, factor: null }).codes
  if (input.factor === null || rows === 0) return nearest
  const fed = roundGroups(input)
  const { columns, groupSize, bits } = input
  const before = rowErrors(input.weights, dequantizeGroups(nearest.codes, nearest.scales, nearest.zeros, columns, groupSize, bits), columns, input.factor)
  for (let row = 0; row < rows; row++) if ((before[row] as number) < (fed.errors[row] as number)) copyRow(nearest, fed.codes, row, columns, groupSize)
  return fed.codes
}

function roundGroups(input: GroupInput): { codes: GroupCodes; errors: Float64Array } {
  const { weights, columns, factor, groupSize, bits } = input
  const groups = columns / groupSize
  const rows = weights.length / columns
  const codes = new Uint8Array(weights.length)
  const scales = new Float32Array(rows * groups)
  const zeros = new Uint8Array(bits === 1 ? 0 : rows * groups)
  const group = groupWork(input)
  const { grid } = group
  const errors = feedErrors(Float64Array.from(weights), columns, factor, {
    blockColumns: blockColumns(groupSize),
    round(work, row, column) {
      const at = row * columns + column
      if (column % groupSize === 0) {
        chooseGrid(group, work, at, column)
        scales[at / groupSize] = bits === 1 ? grid.shift : grid.step
        if (bits !== 1) zeros[at / groupSize] = -grid.low
      }
      const code = codeOf(grid, work[at] as number)
      codes[at] = code - grid.low
      return valueOf(grid, code)
    },
  })
  return { codes: { codes, scales, zeros }, errors }
}

/** The grid of a group wider than a block lasts from one row's piece to the next, so such rows can't take turns: one block a group. */
function blockColumns(groupSize: number): number {
  return groupSize > BLOCK_COLUMNS ? groupSize : groupSize * Math.floor(BLOCK_COLUMNS / groupSize)
}

function copyRow(from: GroupCodes, to: GroupCodes, row: number, columns: number, groupSize: number): void {
  const groups = columns / groupSize
  to.codes.set(from.codes.subarray(row * columns, (row + 1) * columns), row * columns)
  to.scales.set(from.scales.subarray(row * groups, (row + 1) * groups), row * groups)
  if (to.zeros.length > 0) to.zeros.set(from.zeros.subarray(row * groups, (row + 1) * groups), row * groups)
}

/** See {@link GptqKernels.dequantizeGroups}. */
export function dequantizeGroups(
  codes: Uint8Array, scales: Float32Array, zeros: Uint8Array, columns: number, groupSize: number, bits: GroupBits,
): Float32Array {
  const groups = (codes.length / columns) * groupsOf(columns, groupSize)
  if (codes.length % columns !== 0 || scales.length !== groups || zeros.length !== (bits === 1 ? 0 : groups)) {
    throw new RangeError(`${codes.length} codes, ${scales.length} scales and ${zeros.length} zeros for rows of ${columns} in groups of ${groupSize}`)
  }
  const out = new Float32Array(codes.length)
  for (let group = 0, at = 0; group < groups; group++) {
    const scale = scales[group] as number
    const zero = bits === 1 ? 0 : (zeros[group] as number)
    for (const end = at + groupSize; at < end; at++) out[at] = (bits === 1 ? 2 * (codes[at] as number) - 1 : (codes[at] as number) - zero) * scale
  }
  return out
}
