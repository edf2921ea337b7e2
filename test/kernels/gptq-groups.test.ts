import { describe, expect, test } from 'vitest'
import type { GroupBits, GroupInput } from '../../src-main/kernels/gptq/gptq.ts'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { narrowToF16, widenF16 } from '../../src-main/tensor/convert.ts'
import { calibratedRows, identity } from './gptq-cases.ts'
import type { CalibratedRows } from './gptq-cases.ts'

const { quantizeGroups, dequantizeGroups, hessianError } = referenceKernels.gptq
const ALL_BITS = [1, 2, 3, 4, 5, 6, 8] as const
const f16 = (value: number): number => widenF16(narrowToF16(Float32Array.of(value)))[0] ?? NaN
const even = (value: number): number => (Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value))

interface PlainGrid {
  scale: number
  zero: number
}

/** A group's grid as the papers have it: min-max with zero in the range, or the mean magnitude. */
function plainGrid(group: readonly number[], bits: number, symmetric: boolean): PlainGrid {
  if (bits === 1) return { scale: f16(group.reduce((sum, w) => sum + Math.abs(w), 0) / group.length), zero: 0 }
  const least = Math.min(0, ...group)
  const most = Math.max(0, ...group)
  const levels = 2 ** bits - 1
  if (symmetric) return { scale: f16((2 * Math.max(-least, most)) / levels), zero: 2 ** (bits - 1) }
  const scale = f16((most - least) / levels)
  return { scale, zero: scale === 0 ? 0 : Math.min(levels, even(-least / scale)) }
}

interface PlainRow {
  codes: number[]
  grids: PlainGrid[]
  values: Float32Array
}

/** One row by GPTQ's definition, every error fed to every later column at once. */
function plainRow(weights: Float32Array, factor: Float64Array, bits: number, groupSize: number, symmetric: boolean): PlainRow {
  const n = weights.length
  const w = Array.from(weights)
  const codes: number[] = []
  const grids: PlainGrid[] = []
  const values = new Float32Array(n)
  let grid: PlainGrid = { scale: 0, zero: 0 }
  for (let j = 0; j < n; j++) {
    if (j % groupSize === 0) grids.push((grid = plainGrid(w.slice(j, j + groupSize), bits, symmetric)))
    const weight = w[j] ?? NaN
    const code =
      bits === 1
        ? weight >= 0
          ? 1
          : 0
        : Math.max(0, Math.min(2 ** bits - 1, (grid.scale === 0 ? 0 : even(weight / grid.scale)) + grid.zero))
    codes.push(code)
    const value = bits === 1 ? (2 * code - 1) * grid.scale : (code - grid.zero) * grid.scale
    values[j] = value
    const error = (weight - value) / (factor[j * n + j] ?? NaN)
    for (let k = j + 1; k < n; k++) w[k] = (w[k] ?? NaN) - error * (factor[j * n + k] ?? NaN)
  }
  return { codes, grids, values }
}

function errorOf(rows: CalibratedRows, input: Partial<GroupInput> & { bits: GroupBits; groupSize: number }): number {
  const { weights, columns, hessian, factor } = rows
  const { codes, scales, zeros } = quantizeGroups({ weights, columns, factor, ...input })
  return hessianError(weights, dequantizeGroups(codes, scales, zeros, columns, input.groupSize, input.bits), columns, hessian)
}

describe('codes of plain GPTQ', () => {
  const cases = ALL_BITS.flatMap((bits) =>
    [
      [96, 16],
      [96, 96],
      [300, 50],
      [300, 150],
      [33, 33],
      [35, 7],
    ].map(([columns = 0, groupSize = 0]) => ({ bits, columns, groupSize })),
  )
  test.each(cases)('$bits bits, $columns columns in groups of $groupSize', ({ bits, columns, groupSize }) => {
    const { weights, factor, hessian } = calibratedRows(3, columns, 51)
    for (const symmetric of [false, true]) {
      const { codes, scales, zeros } = quantizeGroups({ weights, columns, factor, bits, groupSize, symmetric, search: false })
      for (let row = 0; row < 3; row++) {
        const own = weights.subarray(row * columns, (row + 1) * columns)
        const fed = plainRow(own, factor, bits, groupSize, symmetric)
        const nearest = plainRow(own, identity(columns), bits, groupSize, symmetric)
        const error = ({ values }: PlainRow): number => hessianError(own, values, columns, hessian)
        const plain = error(nearest) < error(fed) ? nearest : fed
        expect(Array.from(codes.subarray(row * columns, (row + 1) * columns))).toEqual(plain.codes)
        const at = row * plain.grids.length
        expect(Array.from(scales.subarray(at, at + plain.grids.length))).toEqual(plain.grids.map(({ scale }) => scale))
        if (bits !== 1) expect(Array.from(zeros.subarray(at, at + plain.grids.length))).toEqual(plain.grids.map(({ zero }) => zero))
      }
    }
  })
})

test.each(ALL_BITS)('%i bits: under the identity feedback is rounding to nearest', (bits) => {
  const { weights, columns } = calibratedRows(4, 64, 52)
  for (const search of [false, true]) {
    const fed = quantizeGroups({ weights, columns, factor: identity(columns), bits, groupSize: 32, search })
    expect(fed).toEqual(quantizeGroups({ weights, columns, factor: null, bits, groupSize: 32, search }))
  }
})

describe('on calibrated rows', () => {
  const sets = [calibratedRows(8, 256, 53), calibratedRows(5, 72, 54), calibratedRows(3, 24, 55)]
  test.each(ALL_BITS)('%i bits: feedback and search lower the Hessian error', (bits) => {
    for (const rows of sets) {
      const groupSize = rows.columns / 2
      const searched = errorOf(rows, { bits, groupSize })
      const plain = errorOf(rows, { bits, groupSize, search: false })
      expect(plain).toBeLessThan(errorOf(rows, { bits, groupSize, search: false, factor: null }))
      expect(searched).toBeLessThan(errorOf(rows, { bits, groupSize, factor: null }))
      // At 8 bits the grid is so fine that where it ends hardly matters.
      expect(searched).toBeLessThan(bits < 5 ? plain : 1.1 * plain)
    }
  })

  test.each([1, 2, 4] as const)('%i bits: no row is worse than without feedback', (bits) => {
    for (let seed = 60; seed < 100; seed++) {
      const rows = calibratedRows(6, 8, seed)
      const { weights, columns, hessian, factor } = rows
      const decode = (given: Float64Array | null): Float32Array => {
        const { codes, scales, zeros } = quantizeGroups({ weights, columns, factor: given, bits, groupSize: 4 })
        return dequantizeGroups(codes, scales, zeros, columns, 4, bits)
      }
      const fed = decode(factor)
      const nearest = decode(null)
      for (let row = 0; row < 6; row++) {
        const part = (values: Float32Array): Float32Array => values.subarray(row * columns, (row + 1) * columns)
        const error = (values: Float32Array): number => hessianError(part(weights), part(values), columns, hessian)
        expect(error(fed)).toBeLessThanOrEqual(error(nearest) * (1 + 1e-9))
      }
    }
  })

  test('more bits never cost more', () => {
    const [rows = calibratedRows(8, 256, 53)] = sets
    const errors = ALL_BITS.map((bits) => errorOf(rows, { bits, groupSize: 64 }))
    for (const [i, error] of errors.entries()) if (i > 0) expect(error).toBeLessThan(errors[i - 1] ?? 0)
  })
})

describe('groups with little in them', () => {
  const { factor } = calibratedRows(1, 16, 56)
  test.each(ALL_BITS)('%i bits: zeros stay zeros, values finite', (bits) => {
    const weights = Float32Array.from({ length: 48 }, (_, i) => (i < 16 ? 0 : i < 32 ? 1e-30 : i % 8 < 4 ? 0 : 0.5))
    for (const given of [factor, null]) {
      const { codes, scales, zeros } = quantizeGroups({ weights, columns: 16, factor: given, bits, groupSize: 8 })
      const decoded = dequantizeGroups(codes, scales, zeros, 16, 8, bits)
      expect(decoded.every(Number.isFinite)).toBe(true)
      expect(decoded.subarray(0, 32).every((value) => value === 0)).toBe(true)
    }
  })

  test.each(ALL_BITS.slice(1))('%i bits: a constant is an end of its range', (bits) => {
    for (const constant of [0.25, -0.75]) {
      const weights = new Float32Array(16).fill(constant)
      const { codes, scales, zeros } = quantizeGroups({ weights, columns: 16, factor: null, bits, groupSize: 16, search: false })
      const decoded = dequantizeGroups(codes, scales, zeros, 16, 16, bits)
      for (const value of decoded) expect(Math.abs(value - constant)).toBeLessThanOrEqual(Math.abs(constant) * 2 ** -11)
    }
  })

  test('a scale beyond half precision is its largest number', () => {
    const { scales } = quantizeGroups({ weights: new Float32Array(16).fill(3e38), columns: 16, factor: null, bits: 2, groupSize: 16 })
    expect(scales[0]).toBe(65504)
  })
})

describe("a caller's bug is a RangeError", () => {
  const { weights, columns, factor } = calibratedRows(2, 16, 57)
  const good: GroupInput = { weights, columns, factor, bits: 4, groupSize: 8 }
  const bad: [string, Partial<GroupInput>][] = [
    ['NaN', { weights: weights.map((w, i) => (i === 5 ? NaN : w)) }],
    ['infinity', { weights: weights.map((w, i) => (i === 5 ? Infinity : w)) }],
    ['not whole rows', { weights: weights.subarray(1) }],
    ['not whole groups', { groupSize: 5 }],
    ['no group', { groupSize: 0 }],
    ['another factor', { factor: identity(8) }],
    ['a zero on the diagonal', { factor: new Float64Array(256) }],
    ['a factor not finite', { factor: factor.map((r, i) => (i === 3 ? NaN : r)) }],
  ]
  test.each(bad)('%s', (_, change) => {
    expect(() => quantizeGroups({ ...good, ...change })).toThrow(RangeError)
  })
  test('codes and scales that do not fit together', () => {
    expect(() => dequantizeGroups(new Uint8Array(32), new Float32Array(3), new Uint8Array(4), 16, 8, 4)).toThrow(RangeError)
    expect(() => hessianError(weights, weights.subarray(16), columns, identity(16))).toThrow(RangeError)
    expect(() => hessianError(weights, weights, columns, identity(8))).toThrow(RangeError)
  })
})

test('the Hessian error is dw H dw^T', () => {
  const { weights, columns, hessian } = calibratedRows(3, 12, 58)
  const decoded = weights.map((w, i) => w + 0.01 * ((i % 5) - 2))
  let expected = 0
  for (let row = 0; row < 3; row++) {
    for (let i = 0; i < columns; i++) {
      for (let k = 0; k < columns; k++) {
        const difference = (j: number): number => (weights[row * columns + j] ?? NaN) - (decoded[row * columns + j] ?? NaN)
        expected += difference(i) * (hessian[i * columns + k] ?? NaN) * difference(k)
      }
    }
  }
  expect(hessianError(weights, decoded, columns, hessian)).toBeCloseTo(expected, 8)
  expect(hessianError(weights, weights, columns, Float32Array.from(hessian))).toBe(0)
})
