import type { GgmlTypeName } from '../tensor/ggml-type.ts'

/**
 * What storing one tensor as one type costs. `smooth` (nats of KL divergence per token) adds up over tensors. `switching` (nats squared) is
 * of errors that make routers choose other experts: their powers add up too, but divergence grows with the amplitude, the root of the sum.
 */
export interface ErrorCost {
  readonly smooth: number
  readonly switching: number
}

/**
 * Predicted cost of each tensor as each type, by the tensor's name in the written file. Plain JSON, so it can be stored and reused for
 * another budget.
 */
export interface ErrorTable {
  /**
   * 'measured-kl': each entry rests on KL divergence measured on calibration tokens. 'output-power': on error power relative to the
   * residual stream.
   */
  readonly sensitivity: 'measured-kl' | 'output-power'
  readonly tensors: Readonly<Record<string, Readonly<Partial<Record<GgmlTypeName, ErrorCost>>>>>
}
