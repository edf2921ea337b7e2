import { readU16, writeU16 } from './fields.ts'
import type { AffineFields, AffineLayout } from './fields.ts'
import { packSixBitPairs, unpackSixBitPairs } from './six-bit-pairs.ts'

const HIGH = 16
const CODES = 48

/**
 * Q5_K, 176 bytes for 256 weights: half scale, half minimum, 12 bytes of 6-bit pairs, 32 bytes of fifth bits, 128 bytes of
 * nibbles as in Q4_K. The fifth bit of weight 32 i + l is bit i of byte l.
 */
export const q5_k: AffineLayout = {
  subBlocks: 8,
  subSize: 32,
  levels: 31,
  scaleMax: 63,
  pack({ scale, minimum, scales, minimums, codes }: AffineFields, bytes: Uint8Array, offset: number): void {
    writeU16(bytes, offset, scale)
    writeU16(bytes, offset + 2, minimum)
    packSixBitPairs(scales, minimums, bytes, offset + 4)
    for (let j = 0; j < 128; j++) {
      const pair = j >>> 5
      const lane = j & 31
      const first = codes[64 * pair + lane] as number
      const second = codes[64 * pair + 32 + lane] as number
      bytes[offset + CODES + j] = (first & 15) | ((second & 15) << 4)
      const high = offset + HIGH + lane
      bytes[high] = (bytes[high] as number) | ((first >>> 4) << (2 * pair)) | ((second >>> 4) << (2 * pair + 1))
    }
  },
  unpack(bytes: Uint8Array, offset: number, fields: AffineFields): void {
    fields.scale = readU16(bytes, offset)
    fields.minimum = readU16(bytes, offset + 2)
    unpackSixBitPairs(bytes, offset + 4, fields.scales, fields.minimums)
    for (let j = 0; j < 128; j++) {
      const pair = j >>> 5
      const lane = j & 31
      const low = bytes[offset + CODES + j] as number
      const high = (bytes[offset + HIGH + lane] as number) >>> (2 * pair)
      fields.codes[64 * pair + lane] = (low & 15) | ((high & 1) << 4)
      fields.codes[64 * pair + 32 + lane] = (low >>> 4) | (((high >>> 1) & 1) << 4)
    }
  },
}
