import { readU16, writeU16 } from './fields.ts'
import type { AffineFields, AffineLayout } from './fields.ts'
import { packSixBitPairs, unpackSixBitPairs } from './six-bit-pairs.ts'

const CODES = 16

/**
 * Q4_K, 144 bytes for 256 weights: half scale, half minimum, 12 bytes of 6-bit pairs, 128 bytes of nibbles.
 * Weight 64 p + l (l < 32) is the low nibble of byte 32 p + l, weight 64 p + 32 + l its high nibble.
 */
export const q4_k: AffineLayout = {
  subBlocks: 8,
  subSize: 32,
  levels: 15,
  scaleMax: 63,
  pack({ scale, minimum, scales, minimums, codes }: AffineFields, bytes: Uint8Array, offset: number): void {
    writeU16(bytes, offset, scale)
    writeU16(bytes, offset + 2, minimum)
    packSixBitPairs(scales, minimums, bytes, offset + 4)
    for (let j = 0; j < 128; j++) {
      const weight = 64 * (j >>> 5) + (j & 31)
      bytes[offset + CODES + j] = (codes[weight] as number) | ((codes[weight + 32] as number) << 4)
    }
  },
  unpack(bytes: Uint8Array, offset: number, fields: AffineFields): void {
    fields.scale = readU16(bytes, offset)
    fields.minimum = readU16(bytes, offset + 2)
    unpackSixBitPairs(bytes, offset + 4, fields.scales, fields.minimums)
    for (let j = 0; j < 128; j++) {
      const weight = 64 * (j >>> 5) + (j & 31)
      const byte = bytes[offset + CODES + j] as number
      fields.codes[weight] = byte & 15
      fields.codes[weight + 32] = byte >>> 4
    }
  },
}
