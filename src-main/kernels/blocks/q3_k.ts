import { readU16, writeU16 } from './fields.ts'
import type { SymmetricFields, SymmetricLayout } from './fields.ts'

const CODES = 32
const SCALES = 96
const SCALE = 108

/**
 * Q3_K, 110 bytes for 256 weights: 32 bytes of third bits, 64 bytes of 2-bit codes, 12 bytes of 6-bit scales (+32), half scale.
 * Code + 4 of weight 128 h + 32 p + l: low pair p of byte 32 h + l, third bit = bit 4 h + p of byte l. The low nibble of
 * scale i is in byte i & 7 (high nibble when i >= 8), its top two bits are pair i >> 2 of byte 8 + (i & 3).
 */
export const q3_k: SymmetricLayout = {
  subBlocks: 16,
  subSize: 16,
  codeMin: -4,
  codeMax: 3,
  scaleMin: -32,
  scaleMax: 31,
  pack({ scale, scales, codes }: SymmetricFields, bytes: Uint8Array, offset: number): void {
    for (let j = 0; j < 256; j++) {
      const code = (codes[j] as number) + 4
      const low = offset + CODES + 32 * (j >>> 7) + (j & 31)
      const high = offset + (j & 31)
      bytes[low] = (bytes[low] as number) | ((code & 3) << (2 * ((j >>> 5) & 3)))
      bytes[high] = (bytes[high] as number) | ((code >>> 2) << (j >>> 5))
    }
    for (let i = 0; i < 16; i++) {
      const stored = (scales[i] as number) + 32
      const low = offset + SCALES + (i & 7)
      const high = offset + SCALES + 8 + (i & 3)
      bytes[low] = (bytes[low] as number) | ((stored & 15) << (i & 8 ? 4 : 0))
      bytes[high] = (bytes[high] as number) | ((stored >>> 4) << (2 * (i >>> 2)))
    }
    writeU16(bytes, offset + SCALE, scale)
  },
  unpack(bytes: Uint8Array, offset: number, fields: SymmetricFields): void {
    for (let j = 0; j < 256; j++) {
      const low = (bytes[offset + CODES + 32 * (j >>> 7) + (j & 31)] as number) >>> (2 * ((j >>> 5) & 3))
      const high = (bytes[offset + (j & 31)] as number) >>> (j >>> 5)
      fields.codes[j] = ((low & 3) | ((high & 1) << 2)) - 4
    }
    for (let i = 0; i < 16; i++) {
      const low = (bytes[offset + SCALES + (i & 7)] as number) >>> (i & 8 ? 4 : 0)
      const high = (bytes[offset + SCALES + 8 + (i & 3)] as number) >>> (2 * (i >>> 2))
      fields.scales[i] = ((low & 15) | ((high & 3) << 4)) - 32
    }
    fields.scale = readU16(bytes, offset + SCALE)
  },
}
