import { readU16, writeU16 } from './fields.ts'
import type { SymmetricFields, SymmetricLayout } from './fields.ts'

const HIGH = 128
const SCALES = 192
const SCALE = 208

/**
 * Q6_K, 210 bytes for 256 weights: 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales, half scale.
 * Weight 128 h + 32 p + l has its nibble in byte 64 h + 32 (p & 1) + l (high nibble when p >= 2) and its pair p in byte 32 h + l.
 */
export const q6_k: SymmetricLayout = {
  subBlocks: 16,
  subSize: 16,
  codeMin: -32,
  codeMax: 31,
  scaleMin: -128,
  scaleMax: 127,
  pack({ scale, scales, codes }: SymmetricFields, bytes: Uint8Array, offset: number): void {
    for (let j = 0; j < 256; j++) {
      const code = (codes[j] as number) + 32
      const half = j >>> 7
      const part = (j >>> 5) & 3
      const lane = j & 31
      const low = offset + 64 * half + 32 * (part & 1) + lane
      const high = offset + HIGH + 32 * half + lane
      bytes[low] = (bytes[low] as number) | ((code & 15) << (part & 2 ? 4 : 0))
      bytes[high] = (bytes[high] as number) | ((code >>> 4) << (2 * part))
    }
    for (let i = 0; i < 16; i++) bytes[offset + SCALES + i] = (scales[i] as number) & 255
    writeU16(bytes, offset + SCALE, scale)
  },
  unpack(bytes: Uint8Array, offset: number, fields: SymmetricFields): void {
    for (let j = 0; j < 256; j++) {
      const half = j >>> 7
      const part = (j >>> 5) & 3
      const lane = j & 31
      const low = bytes[offset + 64 * half + 32 * (part & 1) + lane] as number
      const high = bytes[offset + HIGH + 32 * half + lane] as number
      fields.codes[j] = (((low >>> (part & 2 ? 4 : 0)) & 15) | (((high >>> (2 * part)) & 3) << 4)) - 32
    }
    for (let i = 0; i < 16; i++) fields.scales[i] = bytes[offset + SCALES + i] as number
    fields.scale = readU16(bytes, offset + SCALE)
  },
}
