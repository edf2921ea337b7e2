import { widenBf16 } from '../tensor/convert.ts'
import { GGML_TYPES, rowBytes } from '../tensor/ggml-type.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'
import { affineFields, decodeBlocks, symmetricFields } from './blocks/decode.ts'
import { AFFINE_LAYOUTS, SYMMETRIC_LAYOUTS } from './blocks/layouts.ts'
import { encodeBf16, encodeF16, encodeF32 } from './blocks/plain.ts'
import type { Kernels } from './kernels.ts'
import { searchAffine, searchSymmetric } from './search/first.ts'
import { rowsToDecode, rowsToEncode } from './shape.ts'
import { weightedError } from './weighted-error.ts'

/** The kernels in TypeScript: their definition, and what runs where the addon can't be built. */
export const referenceKernels: Kernels = {
  name: 'reference',
  encode,
  decode(type: GgmlTypeName, bytes: Uint8Array, columns: number): Float32Array {
    rowsToDecode(type, bytes, columns)
    return decodeBlocks(type, bytes)
  },
  weightedError,
  widenBf16,
}

function encode(type: GgmlTypeName, weights: Float32Array, columns: number, importance: Float32Array | null): Uint8Array {
  const rows = rowsToEncode(type, weights, columns, importance)
  if (type === 'F32') return encodeF32(weights)
  if (type === 'F16') return encodeF16(weights)
  if (type === 'BF16') return encodeBf16(weights)
  const out = new Uint8Array(rows * rowBytes(type, columns))
  const { blockWeights, blockBytes } = GGML_TYPES[type]
  const affine = AFFINE_LAYOUTS[type]
  const symmetric = SYMMETRIC_LAYOUTS[type]
  for (let block = 0; block * blockWeights < weights.length; block++) {
    const x = weights.subarray(block * blockWeights, (block + 1) * blockWeights)
    if (affine !== undefined) {
      const fields = affineFields(affine)
      searchAffine(affine, x, fields)
      affine.pack(fields, out, block * blockBytes)
    } else if (symmetric !== undefined) {
      const fields = symmetricFields(symmetric)
      searchSymmetric(symmetric, x, fields)
      symmetric.pack(fields, out, block * blockBytes)
    }
  }
  return out
}
