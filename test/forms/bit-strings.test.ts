import fc from 'fast-check'
import { expect, test } from 'vitest'
import { alongInput, alongOutput, packCodes, unpackCodes } from '../../src-main/forms/bit-strings.ts'

/** GPTQ's own packing of 3 bits: 10 codes, 1 code over two words, 10, 1, 10. */
function packThreeAsGptq(codes: readonly number[]): number[] {
  const at = (i: number) => codes[i] ?? 0
  const words = [0, 0, 0]
  for (let i = 0; i < 10; i++) words[0] = (words[0] ?? 0) | (at(i) << (3 * i))
  words[0] = (words[0] ?? 0) | (at(10) << 30)
  words[1] = (at(10) >> 2) & 1
  for (let i = 0; i < 10; i++) words[1] = (words[1] ?? 0) | (at(11 + i) << (3 * i + 1))
  words[1] = (words[1] ?? 0) | (at(21) << 31)
  words[2] = (at(21) >> 1) & 3
  for (let i = 0; i < 10; i++) words[2] = (words[2] ?? 0) | (at(22 + i) << (3 * i + 2))
  return words.map((word) => word >>> 0)
}

test('3 bits are packed as GPTQ packs them', () => {
  const codes = Array.from({ length: 32 }, (_, i) => (i * 5 + 3) % 8)
  expect([...packCodes(Uint8Array.from(codes), alongInput(1, 3))]).toEqual(packThreeAsGptq(codes))
})

test('words of a qweight matrix run along the input, those of qzeros along the output', () => {
  const codes = Uint8Array.from([
    ...Array.from({ length: 8 }, () => 1),
    ...Array.from({ length: 8 }, () => 2),
    ...Array.from({ length: 8 }, () => 3),
    ...Array.from({ length: 8 }, () => 4),
  ])
  expect([...packCodes(Uint8Array.of(...codes.subarray(0, 16)), alongInput(2, 4))]).toEqual([0x11111111, 0x22222222])
  expect([...packCodes(Uint8Array.of(...codes.subarray(0, 16)), alongOutput(2, 8, 4))]).toEqual([0x11111111, 0x22222222])
  expect([...packCodes(codes, alongInput(2, 4))]).toEqual([0x11111111, 0x33333333, 0x22222222, 0x44444444])
  expect([...packCodes(codes, alongOutput(2, 16, 4))]).toEqual([0x11111111, 0x22222222, 0x33333333, 0x44444444])
})

test('codes come back, whole or some strings of them', () => {
  const cases = fc.record({
    bits: fc.integer({ min: 1, max: 8 }),
    strings: fc.integer({ min: 1, max: 5 }),
    chunks: fc.integer({ min: 1, max: 3 }),
    seed: fc.integer(),
  })
  fc.assert(
    fc.property(cases, ({ bits, strings, chunks, seed }) => {
      const length = 32 * chunks
      const codes = Uint8Array.from({ length: strings * length }, (_, i) => Math.imul(i + 1, seed | 1) >>> (32 - bits))
      for (const layout of [alongInput(strings, bits), alongOutput(strings, length, bits)]) {
        const words = packCodes(codes, layout)
        expect(words.length).toBe((codes.length * bits) / 32)
        expect(unpackCodes(words, layout, length)).toEqual(codes)
        expect(unpackCodes(words, layout, length, strings - 1, 1)).toEqual(codes.slice((strings - 1) * length))
      }
    }),
  )
})

test('a code of too many bits and a string that fills no words are refused', () => {
  expect(() => packCodes(new Uint8Array(32).fill(8), alongInput(1, 3))).toThrow('does not fit 3 bits')
  expect(() => packCodes(new Uint8Array(31), alongInput(1, 3))).toThrow(RangeError)
})
