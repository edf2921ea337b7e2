import { readU16, writeU16 } from './fields.ts'
import type { AffineFields, AffineLayout } from './fields.ts'

const CODES = 16
const SCALE = 80

/**
 * Q2_K, 84 bytes for 256 weights: 16 bytes (scale in the low nibble, minimum in the high one), 64 bytes of 2-bit codes, half
 * scale, half minimum. Weight 128 h + 32 p + l is bit pair p of byte 32 h + l.
 */
export const q2_k: AffineLayout = {
  subBlocks: 16,
  subSize: 16,
  levels: 3,
  scaleMax: 15,
  pack({ scale, minimum, scales, minimums, codes }: AffineFields, bytes: Uint8Array, offset: number): void {
    for (let i = 0; i < 16; i++) bytes[offset + i] = (scales[i] as number) | ((minimums[i] as number) << 4)
    for (let j = 0; j < 256; j++) {
      const at = offset + CODES + 32 * (j >>> 7) + (j & 31)
      bytes[at] = (bytes[at] as number) | ((codes[j] as number) << (2 * ((j >>> 5) & 3)))
    }
    writeU16(bytes, offset + SCALE, scale)
    writeU16(bytes, offset + SCALE + 2, minimum)
  },
  unpack(bytes: Uint8Array, offset: number, fields: AffineFields): void {
    for (let i = 0; i < 16; i++) {
      const byte = bytes[offset + i] as number
      fields.scales[i] = byte & 15
      fields.minimums[i] = byte >>> 4
    }
    for (let j = 0; j < 256; j++) {
      const byte = bytes[offset + CODES + 32 * (j >>> 7) + (j & 31)] as number
      fields.codes[j] = (byte >>> (2 * ((j >>> 5) & 3))) & 3
    }
    fields.scale = readU16(bytes, offset + SCALE)
    fields.minimum = readU16(bytes, offset + SCALE + 2)
  },
}
