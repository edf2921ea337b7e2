import { GGML_TYPES, rowBytes } from '../../tensor/ggml-type.ts'
import type { Kernels } from '../kernels.ts'
import type { GptqKernels } from './gptq.ts'
import { gptqFrom } from './passes.ts'

/** GPTQ's passes in the addon (native-kernels/gptq.h); results are written into the last arrays. */
export interface GptqAddon {
  gptqGroups(
    weights: Float32Array,
    columns: number,
    factor: Float64Array | null,
    bits: number,
    groupSize: number,
    symmetric: boolean,
    search: boolean,
    codes: Uint8Array,
    scales: Float32Array,
    zeros: Uint8Array,
    errors: Float64Array,
  ): void
  gptqBlocks(
    type: number,
    weights: Float32Array,
    columns: number,
    factor: Float64Array,
    importance: Float32Array,
    out: Uint8Array,
    errors: Float64Array,
  ): void
  gptqRowErrors(weights: Float32Array, decoded: Float32Array, columns: number, factor: Float64Array, errors: Float64Array): void
  hessianError(weights: Float32Array, decoded: Float32Array, columns: number, hessian: Float32Array | Float64Array): number
}

/** The addon must have these. */
export const GPTQ_FUNCTIONS = ['gptqGroups', 'gptqBlocks', 'gptqRowErrors', 'hessianError'] as const

/** GPTQ with the addon's passes and encoders. */
export function nativeGptq(addon: GptqAddon, { encode, decode }: Pick<Kernels, 'encode' | 'decode'>): GptqKernels {
  return gptqFrom({
    encode,
    decode,
    roundGroups({ weights, columns, factor, bits, groupSize, symmetric = false, search = true }) {
      const groups = weights.length / groupSize
      const codes = {
        codes: new Uint8Array(weights.length),
        scales: new Float32Array(groups),
        zeros: new Uint8Array(bits === 1 ? 0 : groups),
      }
      const errors = new Float64Array(weights.length / columns)
      addon.gptqGroups(weights, columns, factor, bits, groupSize, symmetric, search, codes.codes, codes.scales, codes.zeros, errors)
      return { codes, errors }
    },
    roundBlocks(type, weights, columns, factor, importance) {
      const rows = weights.length / columns
      const bytes = new Uint8Array(rows * rowBytes(type, columns))
      const errors = new Float64Array(rows)
      addon.gptqBlocks(GGML_TYPES[type].id, weights, columns, factor, importance, bytes, errors)
      return { bytes, errors }
    },
    rowErrors(weights, decoded, columns, factor) {
      const errors = new Float64Array(weights.length / columns)
      addon.gptqRowErrors(weights, decoded, columns, factor, errors)
      return errors
    },
    hessianError: (weights, decoded, columns, hessian) => addon.hessianError(weights, decoded, columns, hessian),
  })
}
