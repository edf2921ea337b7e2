import { isFeedbackType } from '../kernels/gptq/gptq.ts'
import type { GroupCodes, GroupInput } from '../kernels/gptq/gptq.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { hessianFactor } from '../kernels/linear-algebra/hessian-factor.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'

/** Whole rows to encode as a ggml type. */
export interface BlockInput {
  readonly type: GgmlTypeName
  /** (rows, columns), finite. */
  readonly weights: Float32Array
  readonly columns: number
  /** (columns), as for {@link Kernels.encode}. */
  readonly importance: Float32Array | null
  /** (columns, columns), as {@link RoundingJobs.factor} gives it; null, or a type without a grid, rounds to the nearest. */
  readonly factor: Float64Array | null
}

/**
 * Rounding that may run on other threads, several requests at a time. Answers do not depend on where or in what order requests run. What is
 * handed in is not changed, and must not be until the answer is there.
 */
export interface RoundingJobs {
  /** Requests that can run at the same time. */
  readonly threads: number
  /**
   * What error feedback needs of a matrix's inputs, GPTQ's damping added.
   * @param moment mean x x^T, (columns, columns)
   * @returns (columns, columns); null where the inputs give none, and weights are to be rounded to the nearest
   */
  factor(moment: Float32Array, columns: number): Promise<Float64Array | null>
  /** Says that no request will use the factor again, so that its memory can hold the next one. */
  release(factor: Float64Array): void
  /** As `kernels.gptq.quantizeGroups`. */
  quantize(input: GroupInput): Promise<GroupCodes>
  /** @returns rows * rowBytes(type, columns) bytes */
  encode(input: BlockInput): Promise<Uint8Array>
}

/** Share of the mean diagonal added to a Hessian, GPTQ's own. */
const DAMPING = 0.01

/** {@link RoundingJobs.factor} on this thread. */
export function feedbackFactor({ algebra }: Kernels, moment: Float32Array, columns: number): Float64Array | null {
  return hessianFactor(algebra, moment, columns, DAMPING)
}

/** {@link RoundingJobs.encode} on this thread. */
export function encodeBlocks(kernels: Kernels, { type, weights, columns, importance, factor }: BlockInput): Uint8Array {
  return factor === null || !isFeedbackType(type)
    ? kernels.encode(type, weights, columns, importance)
    : kernels.gptq.encodeWithFeedback(type, weights, columns, factor, importance)
}

/** Rounds on this thread, one request after the other. */
export function roundHere(kernels: Kernels): RoundingJobs {
  return {
    threads: 1,
    factor: async (moment, columns) => feedbackFactor(kernels, moment, columns),
    release: () => undefined,
    quantize: async (input) => kernels.gptq.quantizeGroups(input),
    encode: async (input) => encodeBlocks(kernels, input),
  }
}
