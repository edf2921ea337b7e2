import { expect, test } from 'vitest'
import { layoutGguf } from '../../../src-main/formats/gguf/layout.ts'

test('places follow each other, each padded to 32 bytes, the last one too', () => {
  const { headerBytes, tensors, fileBytes } = layoutGguf(new Map(), [
    { name: 'a', type: 'F32', shape: [3] },
    { name: 'b', type: 'Q6_K', shape: [2, 3, 256] },
    { name: 'c', type: 'Q8_0', shape: [1, 32] },
  ])
  expect(headerBytes.byteLength % 32).toBe(0)
  expect(tensors.map(({ offset, bytes, paddedBytes }) => [offset, bytes, paddedBytes])).toEqual([
    [0, 12, 32],
    [32, 1260, 1280],
    [1312, 34, 64],
  ])
  expect(tensors.map(({ position }) => position - headerBytes.byteLength)).toEqual([0, 32, 1312])
  expect(fileBytes).toBe(headerBytes.byteLength + 1376)
})

test('a stated alignment is kept', () => {
  const { headerBytes, tensors } = layoutGguf(new Map([['general.alignment', { type: 'u32', value: 128 }]]), [
    { name: 'a', type: 'F32', shape: [1] },
    { name: 'b', type: 'F32', shape: [1] },
  ])
  expect(headerBytes.byteLength % 128).toBe(0)
  expect(tensors.map(({ offset }) => offset)).toEqual([0, 128])
})

test('the header does not depend on the types chosen in its length', () => {
  const length = (type: 'F32' | 'Q4_K') => layoutGguf(new Map(), [{ name: 'a', type, shape: [4, 256] }]).headerBytes.byteLength
  expect(length('F32')).toBe(length('Q4_K'))
})

test.each([
  [
    'a name twice',
    [
      { name: 'a', type: 'F32', shape: [1] },
      { name: 'a', type: 'F32', shape: [1] },
    ],
  ],
  ['a name of 64 bytes', [{ name: 'é'.repeat(32), type: 'F32', shape: [1] }]],
  ['five dimensions', [{ name: 'a', type: 'F32', shape: [2, 2, 2, 2, 2] }]],
  ['no dimensions', [{ name: 'a', type: 'F32', shape: [] }]],
  ['a row that is not whole blocks', [{ name: 'a', type: 'Q4_K', shape: [2, 128] }]],
] as const)('refuses %s', (_, specs) => {
  expect(() => layoutGguf(new Map(), specs)).toThrow(RangeError)
})
