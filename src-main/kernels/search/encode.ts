import { GGML_TYPES, rowBytes } from '../../tensor/ggml-type.ts'
import type { GgmlTypeName } from '../../tensor/ggml-type.ts'
import { affineFields, symmetricFields } from '../blocks/decode.ts'
import { AFFINE_LAYOUTS, SYMMETRIC_LAYOUTS } from '../blocks/layouts.ts'
import { encodeBf16, encodeF16, encodeF32 } from '../blocks/plain.ts'
import { searchAffine } from './affine.ts'
import { affineWork } from './affine-work.ts'
import { AFFINE_EFFORT, SYMMETRIC_EFFORT } from './effort.ts'
import { normalizeBlock, normalizeImportance } from './single.ts'
import type { BlockScale } from './single.ts'
import { searchSymmetric, symmetricWork } from './symmetric.ts'

/** What is common to the two kinds of block: where the normalized block goes, and the search that packs it. */
interface BlockEncoder {
  readonly x: Float32Array
  readonly importance: Float32Array
  readonly scale: BlockScale
  /** Searches the normalized block and packs it at `offset`. */
  encode(bytes: Uint8Array, offset: number): void
}

/** Encodes whole rows of `columns` weights as `type`. The caller has checked the shape. */
export function encodeRows(type: GgmlTypeName, weights: Float32Array, columns: number, importance: Float32Array | null): Uint8Array {
  if (type === 'F32') return encodeF32(weights)
  if (type === 'F16') return encodeF16(weights)
  if (type === 'BF16') return encodeBf16(weights)
  const { blockWeights, blockBytes } = GGML_TYPES[type]
  const bytes = new Uint8Array((weights.length / columns) * rowBytes(type, columns))
  const encoder = blockEncoder(type)
  const normalized = normalizeImportance(importance, columns, blockWeights)
  for (let block = 0; block * blockWeights < weights.length; block++) {
    const start = block * blockWeights
    // A block best stored as zeros stays as it is: all bytes zero.
    if (!normalizeBlock(weights, start, encoder.x, encoder.scale)) continue
    encoder.importance.set(normalized.subarray(start % columns, (start % columns) + blockWeights))
    encoder.encode(bytes, block * blockBytes)
  }
  return bytes
}

function blockEncoder(type: GgmlTypeName): BlockEncoder {
  const affine = AFFINE_LAYOUTS[type]
  const affineEffort = AFFINE_EFFORT[type]
  if (affine !== undefined && affineEffort !== undefined) {
    const work = affineWork(affine, affineEffort)
    const fields = affineFields(affine)
    return {
      ...work,
      encode: (bytes, offset) => {
        searchAffine(work, fields)
        affine.pack(fields, bytes, offset)
      },
    }
  }
  const symmetric = SYMMETRIC_LAYOUTS[type]
  const symmetricEffort = SYMMETRIC_EFFORT[type]
  if (symmetric !== undefined && symmetricEffort !== undefined) {
    const work = symmetricWork(symmetric, symmetricEffort)
    const fields = symmetricFields(symmetric)
    return {
      ...work,
      encode: (bytes, offset) => {
        searchSymmetric(work, fields)
        symmetric.pack(fields, bytes, offset)
      },
    }
  }
  throw new RangeError(`no search for ${type}`)
}
