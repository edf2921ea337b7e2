import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { GGML_TYPES } from '../../src-main/tensor/ggml-type.ts'
import type { GgmlTypeName } from '../../src-main/tensor/ggml-type.ts'
import { openGgml } from '../bench/ggml.ts'
import { extremeRows, testRows, trainedRowsMissing } from '../bench/rows.ts'

const { ggml, reason } = openGgml()
const blockTypes = ['Q8_0', 'Q6_K', 'Q5_K', 'Q4_K', 'Q4_0', 'Q3_K', 'Q2_K'] as const
const allTypes = Object.keys(GGML_TYPES) as GgmlTypeName[]
const rowSets = testRows(6, 768, 11)
const skip = ggml === null ? ` (skipped: ${reason})` : ''
const without = trainedRowsMissing === null ? '' : ` (no trained rows: ${trainedRowsMissing})`
const { encode, decode, weightedError } = referenceKernels

/** sum of importance_j w_j^2: the error of storing zeros. */
function errorOfZeros(weights: Float32Array, columns: number, importance: Float32Array | null): number {
  return weightedError(weights, new Float32Array(weights.length), columns, importance)
}

describe.skipIf(ggml === null)(`the weighted error is no more than ggml's${skip}${without}`, () => {
  const cases = blockTypes.flatMap((type) => rowSets.map((rows) => ({ type, name: rows.name, rows })))
  test.each(cases)('$type on $name rows', ({ type, rows: { weights, columns, importance } }) => {
    for (const given of [importance, null]) {
      const ours = encode(type, weights, columns, given)
      const theirs = ggml?.encode(type, weights, columns, given) ?? new Uint8Array()
      const error = weightedError(weights, decode(type, ours, columns), columns, given)
      const theirError = weightedError(weights, decode(type, theirs, columns), columns, given)
      expect(error).toBeGreaterThan(0)
      expect(error).toBeLessThanOrEqual(theirError)
      expect(ggml?.valid(type, ours)).toBe(true)
    }
  })
})

test.skipIf(ggml === null).each(['F16', 'BF16'] as const)(`%s rounds as ggml does${skip}`, (type) => {
  for (const { weights, columns } of rowSets) {
    const theirs = ggml?.encode(type, weights, columns, null) ?? new Uint8Array()
    expect(Buffer.compare(encode(type, weights, columns, null), theirs)).toBe(0)
  }
})

test.each(allTypes)('%s stores rows of any size as finite numbers nearer than zeros', (type) => {
  const { weights, columns, importance } = extremeRows(5)
  for (const given of [importance, null]) {
    const bytes = encode(type, weights, columns, given)
    const decoded = decode(type, bytes, columns)
    expect(decoded.every(Number.isFinite)).toBe(true)
    if (ggml !== null) expect(ggml.valid(type, bytes)).toBe(true)
    for (let start = 0; start < weights.length; start += columns) {
      const row = weights.subarray(start, start + columns)
      const error = weightedError(row, decoded.subarray(start, start + columns), columns, given)
      expect(error, `row ${start / columns}`).toBeLessThanOrEqual(errorOfZeros(row, columns, given) * (1 + 1e-5))
    }
  }
})

test.each(blockTypes)('%s stores zeros as zeros and whole numbers within its grid exactly', (type) => {
  const zeros = new Float32Array(256)
  expect(decode(type, encode(type, zeros, 256, null), 256).every((value) => value === 0)).toBe(true)
  const grid = Float32Array.from({ length: 256 }, (_, j) => (j % 32 < 2 ? -1 : (j % 3) - 1))
  const decoded = decode(type, encode(type, grid, 256, null), 256)
  expect(weightedError(grid, decoded, 256, null)).toBeLessThan(256 * 1e-5)
})

test.each(blockTypes)('%s takes importance zero everywhere for importance one everywhere', (type) => {
  const { weights, columns } = rowSets[0] ?? { weights: new Float32Array(), columns: 256 }
  const none = encode(type, weights, columns, new Float32Array(columns))
  expect(Buffer.compare(none, encode(type, weights, columns, null))).toBe(0)
  expect(Buffer.compare(none, encode(type, weights, columns, new Float32Array(columns).fill(8)))).toBe(0)
})

test('a block does not depend on the other blocks of its row', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...blockTypes),
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -8, max: 8 }), { minLength: 256, maxLength: 256 }),
      (type, values) => {
        const block = Float32Array.from(values)
        const row = new Float32Array(768).fill(0.5)
        row.set(block, 256)
        const { blockWeights, blockBytes } = GGML_TYPES[type]
        const alone = encode(type, block, 256, null)
        const inside = encode(type, row, 768, null).subarray((256 / blockWeights) * blockBytes, (512 / blockWeights) * blockBytes)
        expect(Buffer.compare(alone, inside)).toBe(0)
      },
    ),
    { numRuns: 40, seed: 3 },
  )
})

test('scaling a row by a power of two scales the decoded row', () => {
  const { weights, columns, importance } = testRows(2, 512, 12)[0] ?? { weights: new Float32Array(), columns: 256, importance: null }
  for (const type of blockTypes) {
    // Large enough that no block scale is a subnormal half, whose rounding does not scale.
    const large = weights.map((value) => value * 1024)
    const decoded = decode(type, encode(type, large, columns, importance), columns)
    const larger = decode(
      type,
      encode(
        type,
        large.map((value) => value * 16),
        columns,
        importance,
      ),
      columns,
    )
    expect(larger).toEqual(decoded.map((value) => value * 16))
  }
})

test('matrices that are not whole rows or blocks are refused', () => {
  expect(() => encode('Q4_K', new Float32Array(300), 300, null)).toThrow(RangeError)
  expect(() => encode('Q4_K', new Float32Array(300), 256, null)).toThrow(RangeError)
  expect(() => encode('Q4_0', new Float32Array(64), 64, new Float32Array(32))).toThrow(RangeError)
  expect(() => encode('F32', new Float32Array(4), 0, null)).toThrow(RangeError)
  expect(() => decode('Q8_0', new Uint8Array(33), 32)).toThrow(RangeError)
})
