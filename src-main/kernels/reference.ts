import { widenBf16 } from '../tensor/convert.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'
import { decodeBlocks } from './blocks/decode.ts'
import { referenceGptq } from './gptq/reference.ts'
import type { Kernels } from './kernels.ts'
import { referenceAlgebra } from './linear-algebra/reference.ts'
import { encodeRows } from './search/encode.ts'
import { rowsToDecode, rowsToEncode } from './shape.ts'
import { weightedError } from './weighted-error.ts'

/** The kernels in TypeScript: their definition, and what runs where the addon can't be built. */
export const referenceKernels: Kernels = {
  name: 'reference',
  encode(type: GgmlTypeName, weights: Float32Array, columns: number, importance: Float32Array | null): Uint8Array {
    rowsToEncode(type, weights, columns, importance)
    return encodeRows(type, weights, columns, importance)
  },
  decode(type: GgmlTypeName, bytes: Uint8Array, columns: number): Float32Array {
    rowsToDecode(type, bytes, columns)
    return decodeBlocks(type, bytes)
  },
  weightedError,
  widenBf16,
  gptq: referenceGptq,
  algebra: referenceAlgebra,
}
