import type { GgmlTypeName } from '../tensor/ggml-type.ts'

/**
 * What storing each tensor as each type is predicted to cost, by the tensor's name in the written file.
 * Unit: nats of KL divergence per token; costs of different tensors add up. Plain JSON, so it can be stored and reused for another budget.
 */
export interface ErrorTable {
  /** 'measured-kl': each entry rests on KL divergence measured on calibration tokens. 'output-power': on error power relative to the residual stream. */
  readonly sensitivity: 'measured-kl' | 'output-power'
  readonly tensors: Readonly<Record<string, Readonly<Partial<Record<GgmlTypeName, number>>>>>
}
