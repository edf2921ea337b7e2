import { rowBytes } from '../../tensor/ggml-type.ts'
import type { Kernels } from '../kernels.ts'
import { groupShape, rowsToFeed, rowsToJudge } from './checks.ts'
import { conditionalImportance } from './conditional.ts'
import type { FeedbackType, GptqKernels, GroupCodes, GroupInput } from './gptq.ts'
import { dequantizeGroups } from './groups.ts'

/** One pass over a matrix each; the shapes have been checked. `errors` are (rows), sum_j e_j^2 of each row. */
export interface GptqPasses {
  readonly encode: Kernels['encode']
  readonly decode: Kernels['decode']
  /** Rounds to group grids. */
  roundGroups(input: GroupInput): { codes: GroupCodes; errors: Float64Array }
  /** Rounds to the grids of ggml blocks, whose searches weigh the columns by `importance`. */
  roundBlocks(
    type: FeedbackType,
    weights: Float32Array,
    columns: number,
    factor: Float64Array,
    importance: Float32Array,
  ): { bytes: Uint8Array; errors: Float64Array }
  /** (rows) dw H dw^T of any stored values, in the norm of R. */
  rowErrors(weights: Float32Array, decoded: Float32Array, columns: number, factor: Float64Array): Float64Array
  hessianError(weights: Float32Array, decoded: Float32Array, columns: number, hessian: Float32Array | Float64Array): number
}

/** The kernels of these passes: each row keeps what feedback made of it, or what rounding without made where that is nearer. */
export function gptqFrom(passes: GptqPasses): GptqKernels {
  return {
    quantizeGroups: (input) => quantizeGroups(passes, input),
    dequantizeGroups,
    encodeWithFeedback: (...given) => encodeWithFeedback(passes, ...given),
    hessianError(weights, decoded, columns, hessian) {
      rowsToJudge(weights, decoded, columns, hessian)
      return passes.hessianError(weights, decoded, columns, hessian)
    },
  }
}

function quantizeGroups(passes: GptqPasses, input: GroupInput): GroupCodes {
  const { rows, groups } = groupShape(input)
  const { weights, columns, factor, groupSize, bits } = input
  const nearest = passes.roundGroups({ ...input, factor: null }).codes
  if (factor === null) return nearest
  const { codes: fed, errors } = passes.roundGroups(input)
  const decoded = dequantizeGroups(nearest.codes, nearest.scales, nearest.zeros, columns, groupSize, bits)
  const before = passes.rowErrors(weights, decoded, columns, factor)
  for (let row = 0; row < rows; row++) {
    if (!((before[row] as number) < (errors[row] as number))) continue
    copyRow(nearest.codes, fed.codes, row, columns)
    copyRow(nearest.scales, fed.scales, row, groups)
    if (bits !== 1) copyRow(nearest.zeros, fed.zeros, row, groups)
  }
  return fed
}

function encodeWithFeedback(
  passes: GptqPasses,
  type: FeedbackType,
  weights: Float32Array,
  columns: number,
  factor: Float64Array,
  importance: Float32Array | null,
): Uint8Array {
  const perRow = rowBytes(type, columns)
  const rows = rowsToFeed(weights, columns, factor, importance)
  const { bytes, errors } = passes.roundBlocks(type, weights, columns, factor, conditionalImportance(factor, columns))
  const nearest = passes.encode(type, weights, columns, importance)
  const before = passes.rowErrors(weights, passes.decode(type, nearest, columns), columns, factor)
  for (let row = 0; row < rows; row++) if ((before[row] as number) < (errors[row] as number)) copyRow(nearest, bytes, row, perRow)
  return bytes
}

function copyRow<T extends Uint8Array | Float32Array>(from: T, to: T, row: number, length: number): void {
  to.set(from.subarray(row * length, (row + 1) * length), row * length)
}
