import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadKernels } from '../../src-main/kernels/load.ts'
import { loadNativeKernels } from '../../src-main/kernels/native.ts'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { GGML_TYPES } from '../../src-main/tensor/ggml-type.ts'
import type { GgmlTypeName } from '../../src-main/tensor/ggml-type.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'
import { extremeRows, testRows } from '../bench/rows.ts'
import { digests } from './digest.ts'

const { kernels, reason } = loadNativeKernels()
const types = Object.keys(GGML_TYPES) as GgmlTypeName[]
const skip = reason === null ? '' : ` (skipped: ${reason})`

describe.skipIf(kernels === null)(`the addon gives the reference's bytes${skip}`, () => {
  // 768 columns: an odd number of blocks a row, so that units of two or sixteen blocks straddle rows.
  const sets = [...testRows(2, 768, 21), ...testRows(1, 1280, 22), extremeRows(23)]

  test.each(types)('%s encoded', (type) => {
    for (const { name, weights, columns, importance } of sets) {
      for (const given of [importance, null]) {
        const expected = referenceKernels.encode(type, weights, columns, given)
        expect(Buffer.compare(kernels?.encode(type, weights, columns, given) ?? Buffer.alloc(0), expected), name).toBe(0)
      }
    }
  })

  test.each(['Q8_0', 'Q4_0'] as const)('%s with rows of one to seventeen blocks', (type) => {
    const { weights, importance } = testRows(1, 32 * 17, 24)[0] ?? { weights: new Float32Array(), importance: new Float32Array() }
    for (let blocks = 1; blocks <= 17; blocks++) {
      const row = weights.slice(0, 32 * blocks)
      const given = importance.slice(0, 32 * blocks)
      const expected = referenceKernels.encode(type, row, row.length, given)
      expect(Buffer.compare(kernels?.encode(type, row, row.length, given) ?? Buffer.alloc(0), expected)).toBe(0)
    }
  })

  test.each(types)('%s decoded from any bytes', (type) => {
    const random = seededRandom(25)
    const { blockBytes, blockWeights } = GGML_TYPES[type]
    const bytes = Uint8Array.from({ length: 256 * blockBytes }, () => Math.floor(random() * 256))
    const expected = referenceKernels.decode(type, bytes, blockWeights)
    const decoded = kernels?.decode(type, bytes, blockWeights) ?? new Float32Array()
    expect(decoded.length).toBe(expected.length)
    expect(decoded.every((value, i) => Object.is(value, expected[i]))).toBe(true)
  })

  test('errors and widened numbers', () => {
    for (const { weights, columns, importance } of sets) {
      const decoded = weights.map((value, i) => value * (1 + (i % 13) * 1e-3))
      for (const given of [importance, null]) {
        expect(kernels?.weightedError(weights, decoded, columns, given)).toBe(
          referenceKernels.weightedError(weights, decoded, columns, given),
        )
      }
    }
    const halves = Uint16Array.from({ length: 65536 }, (_, bits) => bits)
    expect(
      Buffer.compare(
        Buffer.from(kernels?.widenBf16(halves).buffer ?? new ArrayBuffer()),
        Buffer.from(referenceKernels.widenBf16(halves).buffer),
      ),
    ).toBe(0)
  })

  test('views into larger arrays are read where they begin', () => {
    const { weights, columns, importance } = testRows(3, 512, 26)[0] ?? { weights: new Float32Array(), columns: 512, importance: null }
    const view = weights.subarray(512, 1024)
    expect(kernels?.encode('Q4_K', view, columns, importance)).toEqual(referenceKernels.encode('Q4_K', view, columns, importance))
    const bytes = referenceKernels.encode('Q6_K', weights, columns, null)
    expect(kernels?.decode('Q6_K', bytes.subarray(420), columns)).toEqual(referenceKernels.decode('Q6_K', bytes.subarray(420), columns))
  })

  test('no rows give no bytes', () => {
    expect(kernels?.encode('Q4_K', new Float32Array(0), 256, null).length).toBe(0)
    expect(kernels?.decode('Q4_K', new Uint8Array(0), 256).length).toBe(0)
  })

  test('on older processors', () => {
    const expected = digests(referenceKernels)
    for (const variant of ['avx2', 'baseline']) {
      const printed = execFileSync(process.execPath, [join(import.meta.dirname, 'digest.ts')], {
        env: { ...process.env, WHITTLE_KERNELS_VARIANT: variant, NODE_OPTIONS: '' },
        encoding: 'utf8',
      })
      expect(JSON.parse(printed), variant).toEqual(expected)
    }
  })
})

test('an addon that is not there is a reason, not an error', () => {
  const path = '/nowhere/whittle_kernels.node'
  expect(loadNativeKernels(path)).toEqual({ kernels: null, reason: 'kernels-not-built', path })
  const loaded = loadKernels(path)
  expect(loaded.kernels.name).toBe('reference')
  expect(loaded.missing).toEqual({ reason: 'kernels-not-built', path })
})

test('a file that is no addon is a reason, not an error', () => {
  expect(loadNativeKernels(import.meta.filename).reason).toMatch(/^kernels-(do-not-load|outdated)$/)
})

test('WHITTLE_KERNELS=reference asks for the reference', () => {
  const before = process.env['WHITTLE_KERNELS']
  process.env['WHITTLE_KERNELS'] = 'reference'
  try {
    expect(loadKernels().kernels.name).toBe('reference')
    expect(loadKernels().missing).not.toBeNull()
  } finally {
    if (before === undefined) delete process.env['WHITTLE_KERNELS']
    else process.env['WHITTLE_KERNELS'] = before
  }
})
