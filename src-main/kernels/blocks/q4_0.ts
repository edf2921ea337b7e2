import { readU16, writeU16 } from './fields.ts'
import type { SymmetricFields, SymmetricLayout } from './fields.ts'

/** Q4_0, 18 bytes for 32 weights: half scale; byte j holds code + 8 of weight j (low nibble) and of weight j + 16 (high). */
export const q4_0: SymmetricLayout = {
  subBlocks: 1,
  subSize: 32,
  codeMin: -8,
  codeMax: 7,
  scaleMin: 1,
  scaleMax: 1,
  pack({ scale, codes }: SymmetricFields, bytes: Uint8Array, offset: number): void {
    writeU16(bytes, offset, scale)
    for (let j = 0; j < 16; j++) {
      bytes[offset + 2 + j] = ((codes[j] as number) + 8) | (((codes[j + 16] as number) + 8) << 4)
    }
  },
  unpack(bytes: Uint8Array, offset: number, fields: SymmetricFields): void {
    fields.scale = readU16(bytes, offset)
    fields.scales[0] = 1
    for (let j = 0; j < 16; j++) {
      const byte = bytes[offset + 2 + j] as number
      fields.codes[j] = (byte & 15) - 8
      fields.codes[j + 16] = (byte >>> 4) - 8
    }
  },
}
