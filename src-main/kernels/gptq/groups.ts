import { groupsOf } from './checks.ts'
import { feedErrors } from './feedback.ts'
import type { GroupBits, GroupCodes, GroupInput } from './gptq.ts'
import { codeOf, valueOf } from './grid.ts'
import { chooseGrid, groupWork } from './group-grid.ts'

/** Blocks are whole groups, several of them up to this many columns. */
const BLOCK_COLUMNS = 128

/** See {@link GptqPasses}. */
export function roundGroups(input: GroupInput): { codes: GroupCodes; errors: Float64Array } {
  const { weights, columns, factor, groupSize, bits } = input
  const groups = columns / groupSize
  const rows = weights.length / columns
  const codes = new Uint8Array(weights.length)
  const scales = new Float32Array(rows * groups)
  const zeros = new Uint8Array(bits === 1 ? 0 : rows * groups)
  const group = groupWork(input)
  const { grid } = group
  const errors = feedErrors(Float64Array.from(weights), columns, factor, {
    blockColumns: groupSize * Math.max(1, Math.floor(BLOCK_COLUMNS / groupSize)),
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

/** See {@link GptqKernels.dequantizeGroups}. */
export function dequantizeGroups(
  codes: Uint8Array,
  scales: Float32Array,
  zeros: Uint8Array,
  columns: number,
  groupSize: number,
  bits: GroupBits,
): Float32Array {
  const groups = (codes.length / columns) * groupsOf(columns, groupSize)
  if (codes.length % columns !== 0 || scales.length !== groups || zeros.length !== (bits === 1 ? 0 : groups)) {
    throw new RangeError(
      `${codes.length} codes, ${scales.length} scales and ${zeros.length} zeros for rows of ${columns} in groups of ${groupSize}`,
    )
  }
  const out = new Float32Array(codes.length)
  for (let group = 0, at = 0; group < groups; group++) {
    const scale = scales[group] as number
    const zero = bits === 1 ? 0 : (zeros[group] as number)
    for (const end = at + groupSize; at < end; at++)
      out[at] = (bits === 1 ? 2 * (codes[at] as number) - 1 : (codes[at] as number) - zero) * scale
  }
  return out
}
