import type { GgmlTypeName } from '../../tensor/ggml-type.ts'

/** Bits a code of {@link GptqKernels.quantizeGroups} may have. */
export type GroupBits = 1 | 2 | 3 | 4 | 5 | 6 | 8

/** The ggml types {@link GptqKernels.encodeWithFeedback} writes. */
export type FeedbackType = Exclude<GgmlTypeName, 'F32' | 'F16' | 'BF16'>

/** Whether a type has a grid to round to. */
export function isFeedbackType(type: GgmlTypeName): type is FeedbackType {
  return type !== 'F32' && type !== 'F16' && type !== 'BF16'
}

/** What {@link GptqKernels.quantizeGroups} is asked. */
export interface GroupInput {
  /** (rows, columns), finite. */
  readonly weights: Float32Array
  readonly columns: number
  /** (columns, columns) upper triangular R with H^-1 = R^T R; null rounds every weight to its nearest, nothing fed on. */
  readonly factor: Float64Array | null
  readonly bits: GroupBits
  /** Columns that share a grid; divides `columns`. */
  readonly groupSize: number
  /** The zero point in the middle of the codes, 2^(bits - 1), whatever the group; false by default. Nothing to 1 bit. */
  readonly symmetric?: boolean
  /** Whether to look for a better grid than the group's range (1 bit: than its mean), as the papers take it; true by default. */
  readonly search?: boolean
}

/** Codes on grouped integer grids: value = (code - zero) * scale; at 1 bit (2 code - 1) * scale. */
export interface GroupCodes {
  /** (rows, columns), 0 .. 2^bits - 1. */
  readonly codes: Uint8Array
  /** (rows, columns / groupSize), >= 0, each a number half precision has. */
  readonly scales: Float32Array
  /** (rows, columns / groupSize), 0 .. 2^bits - 1; empty at 1 bit. */
  readonly zeros: Uint8Array
}

/**
 * GPTQ (arXiv 2210.17323): weights are rounded column by column, in order, and each column's error is made good by the columns after it,
 *
 *   e_j = (w_j - v_j) / R_jj,   w_k -= e_j R_jk for k > j,   sum_j e_j^2 = dw H dw^T
 *
 * with v_j the stored value and R the upper Cholesky factor of the inverse of the damped H = X^T X. H comes in through R alone, so every
 * "Hessian error" promised here is in the norm of the damped H that R stands for. Throws RangeError where shapes don't fit, or weights or
 * factor are not finite.
 */
export interface GptqKernels {
  /**
   * Rounds to integer grids, one a group, fixed by the weights as they are when the group starts. No row's Hessian error is more than
   * without `factor`.
   */
  quantizeGroups(input: GroupInput): GroupCodes
  /** The values the codes stand for. @returns (rows, columns) */
  dequantizeGroups(
    codes: Uint8Array,
    scales: Float32Array,
    zeros: Uint8Array,
    columns: number,
    groupSize: number,
    bits: GroupBits,
  ): Float32Array
  /**
   * Encodes whole rows as `type` with error feedback into the blocks' own grids.
   * @param weights    (rows, columns), finite
   * @param factor     (columns, columns), as in {@link GroupInput}
   * @param importance (columns), as for {@link Kernels.encode}: no row's Hessian error is more than that of `encode` with it
   * @returns rows * rowBytes(type, columns) bytes
   */
  encodeWithFeedback(
    type: FeedbackType,
    weights: Float32Array,
    columns: number,
    factor: Float64Array,
    importance: Float32Array | null,
  ): Uint8Array
  /** sum over rows of dw H dw^T, dw = weights - decoded, in float64. @param hessian (columns, columns) */
  hessianError(weights: Float32Array, decoded: Float32Array, columns: number, hessian: Float32Array | Float64Array): number
}
