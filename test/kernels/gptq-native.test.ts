import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadNativeKernels } from '../../src-main/kernels/native.ts'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { extremeRows } from '../bench/rows.ts'
import { calibratedRows } from './gptq-cases.ts'
import { gptqDigests } from './gptq-digest.ts'

const { kernels, reason } = loadNativeKernels(process.env['WHITTLE_KERNELS_ADDON'])
const skip = reason === null ? '' : ` (skipped: ${reason})`
const reference = referenceKernels.gptq

describe.skipIf(kernels === null)(`the addon's GPTQ gives the reference's bytes${skip}`, () => {
  const gptq = kernels?.gptq ?? reference
  // 18 rows: a tile and a part of one.
  const rows = calibratedRows(18, 256, 91)
  const wide = calibratedRows(1, 512, 94)

  test.each([1, 2, 3, 4, 5, 6, 8] as const)('%i bits', (bits) => {
    const { weights, columns, factor } = rows
    for (const groupSize of [16, 64, 256]) {
      for (const [search, symmetric, given] of [
        [true, false, factor],
        [false, true, factor],
        [true, false, null],
      ] as const) {
        const input = { weights, columns, factor: given, bits, groupSize, search, symmetric }
        expect(gptq.quantizeGroups(input), `groups of ${groupSize}`).toEqual(reference.quantizeGroups(input))
      }
    }
  })

  test.each(['Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K', 'Q4_0', 'Q8_0'] as const)('%s', (type) => {
    const { weights, columns, factor } = rows
    expect(gptq.encodeWithFeedback(type, weights, columns, factor, null)).toEqual(
      reference.encodeWithFeedback(type, weights, columns, factor, null),
    )
    const extreme = extremeRows(93)
    const largest = extreme.weights.subarray(0, 8 * 512)
    const expected = reference.encodeWithFeedback(type, largest, 512, wide.factor, extreme.importance)
    expect(gptq.encodeWithFeedback(type, largest, 512, wide.factor, extreme.importance)).toEqual(expected)
  })

  test('odd sizes, extreme groups and no rows', () => {
    const { weights, columns, factor } = calibratedRows(5, 35, 95)
    for (const groupSize of [5, 7, 35]) {
      const input = { weights, columns, factor, bits: 3, groupSize } as const
      expect(gptq.quantizeGroups(input)).toEqual(reference.quantizeGroups(input))
      expect(gptq.quantizeGroups({ ...input, weights: new Float32Array(0) }).codes.length).toBe(0)
    }
    const extreme = extremeRows(96)
    const given = extreme.weights.subarray(0, 8 * 512)
    const input = { weights: given, columns: 512, factor: wide.factor, groupSize: 128 }
    for (const bits of [1, 2, 4] as const)
      expect(gptq.quantizeGroups({ ...input, bits })).toEqual(reference.quantizeGroups({ ...input, bits }))
  })

  test('Hessian errors', () => {
    const { weights, columns, hessian } = rows
    const decoded = weights.map((w, i) => w * (1 + 0.01 * ((i % 7) - 3)))
    for (const given of [hessian, Float32Array.from(hessian)]) {
      expect(gptq.hessianError(weights, decoded, columns, given)).toBe(reference.hessianError(weights, decoded, columns, given))
    }
  })

  test('on older processors', () => {
    const expected = gptqDigests(reference)
    for (const variant of ['avx512', 'avx2', 'baseline']) {
      const printed = execFileSync(process.execPath, [join(import.meta.dirname, 'gptq-digest.ts')], {
        env: { ...process.env, WHITTLE_KERNELS_VARIANT: variant, NODE_OPTIONS: '' },
        encoding: 'utf8',
      })
      expect(JSON.parse(printed), variant).toEqual(expected)
    }
  })
})
