import { GGML_TYPES } from '../../tensor/ggml-type.ts'
import type { GgmlTypeName } from '../../tensor/ggml-type.ts'
import { widenF16Value } from '../../tensor/convert.ts'
import type { AffineFields, AffineLayout, SymmetricFields, SymmetricLayout } from './fields.ts'
import { AFFINE_LAYOUTS, SYMMETRIC_LAYOUTS } from './layouts.ts'
import { decodeBf16, decodeF16, decodeF32 } from './plain.ts'

/** Decodes whole blocks of `type`, value for value as ggml does (its float32 products in its order, none of them fused). */
export function decodeBlocks(type: GgmlTypeName, bytes: Uint8Array): Float32Array {
  if (type === 'F32') return decodeF32(bytes)
  if (type === 'F16') return decodeF16(bytes)
  if (type === 'BF16') return decodeBf16(bytes)
  const { blockWeights, blockBytes } = GGML_TYPES[type]
  const blocks = bytes.length / blockBytes
  const out = new Float32Array(blocks * blockWeights)
  const affine = AFFINE_LAYOUTS[type]
  const symmetric = SYMMETRIC_LAYOUTS[type]
  if (affine !== undefined) decodeAffine(affine, bytes, blocks, blockBytes, out)
  else if (symmetric !== undefined) decodeSymmetric(symmetric, bytes, blocks, blockBytes, out)
  else throw new RangeError(`no layout for ${type}`)
  return out
}

/** Empty fields of an affine layout. */
export function affineFields({ subBlocks, subSize }: AffineLayout): AffineFields {
  return {
    scale: 0,
    minimum: 0,
    scales: new Uint8Array(subBlocks),
    minimums: new Uint8Array(subBlocks),
    codes: new Uint8Array(subBlocks * subSize),
  }
}

/** Empty fields of a symmetric layout. */
export function symmetricFields({ subBlocks, subSize }: SymmetricLayout): SymmetricFields {
  return { scale: 0, scales: new Int8Array(subBlocks), codes: new Int8Array(subBlocks * subSize) }
}

function decodeAffine(layout: AffineLayout, bytes: Uint8Array, blocks: number, blockBytes: number, out: Float32Array): void {
  const fields = affineFields(layout)
  let at = 0
  for (let block = 0; block < blocks; block++) {
    layout.unpack(bytes, block * blockBytes, fields)
    const scale = widenF16Value(fields.scale)
    const minimum = widenF16Value(fields.minimum)
    for (let i = 0, j = 0; i < layout.subBlocks; i++) {
      const step = Math.fround(scale * (fields.scales[i] as number))
      const shift = Math.fround(minimum * (fields.minimums[i] as number))
      for (const end = j + layout.subSize; j < end; j++) out[at++] = Math.fround(step * (fields.codes[j] as number)) - shift
    }
  }
}

function decodeSymmetric(layout: SymmetricLayout, bytes: Uint8Array, blocks: number, blockBytes: number, out: Float32Array): void {
  const fields = symmetricFields(layout)
  let at = 0
  for (let block = 0; block < blocks; block++) {
    layout.unpack(bytes, block * blockBytes, fields)
    const scale = widenF16Value(fields.scale)
    for (let i = 0, j = 0; i < layout.subBlocks; i++) {
      const step = Math.fround(scale * (fields.scales[i] as number))
      for (const end = j + layout.subSize; j < end; j++) out[at++] = step * (fields.codes[j] as number)
    }
  }
}
