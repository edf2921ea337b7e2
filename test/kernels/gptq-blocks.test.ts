import { describe, expect, test } from 'vitest'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { openGgml } from '../bench/ggml.ts'
import { extremeRows } from '../bench/rows.ts'
import { calibratedRows, identity } from './gptq-cases.ts'

const { ggml, reason } = openGgml()
const skip = ggml === null ? ` (skipped: ${reason})` : ''
const types = ['Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K', 'Q4_0', 'Q8_0'] as const
const {
  encode,
  decode,
  gptq: { encodeWithFeedback, hessianError },
} = referenceKernels
const rows = calibratedRows(2, 512, 71)
const uncorrelated = calibratedRows(6, 256, 80)

describe.each(types)('%s', (type) => {
  const { weights, columns, factor, hessian, importance } = rows
  const bytes = encodeWithFeedback(type, weights, columns, factor, importance)
  const error = (stored: Uint8Array): number => hessianError(weights, decode(type, stored, columns), columns, hessian)

  test('has less than half the Hessian error of our encoder', () => {
    expect(error(bytes)).toBeGreaterThan(0)
    expect(error(bytes)).toBeLessThan(0.5 * error(encode(type, weights, columns, importance)))
  })

  test.skipIf(ggml === null)(`has less than half the Hessian error of ggml's encoder, which decodes it alike${skip}`, () => {
    const theirs = ggml?.encode(type, weights, columns, importance) ?? new Uint8Array()
    expect(error(bytes)).toBeLessThan(0.5 * error(theirs))
    expect(ggml?.valid(type, bytes)).toBe(true)
    expect(ggml?.decode(type, bytes)).toEqual(decode(type, bytes, columns))
  })

  test('is never worse in a row than our encoder', () => {
    // Uncorrelated inputs leave feedback nothing to gain.
    const near = uncorrelated.hessian.map((value, i) => (i % 257 === 0 ? value : 0))
    const diagonal = near.map((value) => (value === 0 ? 0 : 1 / Math.sqrt(value)))
    const fed = decode(type, encodeWithFeedback(type, uncorrelated.weights, 256, diagonal, uncorrelated.importance), 256)
    const nearest = decode(type, encode(type, uncorrelated.weights, 256, uncorrelated.importance), 256)
    for (let row = 0; row < 6; row++) {
      const part = (values: Float32Array): Float32Array => values.subarray(256 * row, 256 * (row + 1))
      const errorOf = (values: Float32Array): number => hessianError(part(uncorrelated.weights), part(values), 256, near)
      expect(errorOf(fed)).toBeLessThanOrEqual(errorOf(nearest) * (1 + 1e-9))
    }
  })

  test('stores rows of any size as finite numbers', () => {
    const extreme = extremeRows(72)
    const decoded = decode(type, encodeWithFeedback(type, extreme.weights, 512, factor, extreme.importance), 512)
    expect(decoded.every(Number.isFinite)).toBe(true)
    const zeros = new Float32Array(512)
    expect(decode(type, encodeWithFeedback(type, zeros, 512, factor, null), 512).every((value) => value === 0)).toBe(true)
  })
})

test("a caller's bug is a RangeError", () => {
  const { weights, columns, factor, importance } = rows
  expect(() => encodeWithFeedback('Q4_K', weights, 384, factor, null)).toThrow(RangeError)
  expect(() => encodeWithFeedback('Q4_K', weights, columns, identity(256), null)).toThrow(RangeError)
  expect(() => encodeWithFeedback('Q4_K', weights, columns, factor, importance.subarray(1))).toThrow(RangeError)
  expect(() =>
    encodeWithFeedback(
      'Q4_K',
      weights.map((w, i) => (i === 700 ? NaN : w)),
      columns,
      factor,
      null,
    ),
  ).toThrow(RangeError)
})
