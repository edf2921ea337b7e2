import { GGML_TYPES, rowBytes } from '../../tensor/ggml-type.ts'
import { encodeRows } from '../search/encode.ts'
import { blockGrids } from './block-grid.ts'
import { feedErrors } from './feedback.ts'
import type { FeedbackType } from './gptq.ts'
import { codeOf, valueOf } from './grid.ts'

const LARGEST_SINGLE = 3.4028234663852886e38

/** Errors of weights as large as single precision holds can grow beyond it. */
function withinSingle(value: number): number {
  return Math.max(-LARGEST_SINGLE, Math.min(LARGEST_SINGLE, value))
}

/** See {@link GptqPasses}. */
export function roundBlocks(
  type: FeedbackType,
  weights: Float32Array,
  columns: number,
  factor: Float64Array,
  importance: Float32Array,
): { bytes: Uint8Array; errors: Float64Array } {
  const { blockWeights, blockBytes } = GGML_TYPES[type]
  const rows = weights.length / columns
  const perRow = rowBytes(type, columns)
  const bytes = new Uint8Array(rows * perRow)
  const block = blockGrids(type, columns, factor)
  const current = new Float32Array(rows * blockWeights)
  let searched: Uint8Array = bytes
  const errors = feedErrors(Float64Array.from(weights), columns, factor, {
    blockColumns: blockWeights,
    openBlock(work, start) {
      for (let row = 0; row < rows; row++) {
        for (let j = 0; j < blockWeights; j++) current[row * blockWeights + j] = withinSingle(work[row * columns + start + j] as number)
      }
      searched = encodeRows(type, current, blockWeights, importance.slice(start, start + blockWeights))
    },
    round(work, row, column) {
      const at = row * columns + column
      const within = column % blockWeights
      if (within === 0) block.open(searched, row * blockBytes)
      if (within % block.subSize === 0) block.choose(within / block.subSize, work, at, column)
      const code = codeOf(block.grid, work[at] as number)
      block.codes[within] = code
      if (within === blockWeights - 1) block.pack(bytes, row * perRow + Math.floor(column / blockWeights) * blockBytes)
      return valueOf(block.grid, code)
    },
  })
  return { bytes, errors }
}
