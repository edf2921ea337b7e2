import { readU16, writeU16 } from './fields.ts'
import type { SymmetricFields, SymmetricLayout } from './fields.ts'

/** Q8_0, 34 bytes for 32 weights: half scale, then one signed byte a weight. */
export const q8_0: SymmetricLayout = {
  subBlocks: 1,
  subSize: 32,
  codeMin: -127,
  codeMax: 127,
  scaleMin: 1,
  scaleMax: 1,
  pack({ scale, codes }: SymmetricFields, bytes: Uint8Array, offset: number): void {
    writeU16(bytes, offset, scale)
    for (let j = 0; j < 32; j++) bytes[offset + 2 + j] = (codes[j] as number) & 255
  },
  unpack(bytes: Uint8Array, offset: number, fields: SymmetricFields): void {
    fields.scale = readU16(bytes, offset)
    fields.scales[0] = 1
    for (let j = 0; j < 32; j++) fields.codes[j] = bytes[offset + 2 + j] as number
  },
}
