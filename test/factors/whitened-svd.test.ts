import { describe, expect, test } from 'vitest'
import type { Matrix } from '../../src-main/compute/matrix.ts'
import { subtract, weightedEnergy } from '../../src-main/factors/math.ts'
import { regularized } from '../../src-main/factors/moments.ts'
import { whitenedSvd } from '../../src-main/factors/whitened-svd.ts'
import { plainMath, plainMatrices, randomMatrix, randomMoment } from '../fixtures/plain-math.ts'

const SHAPES = [
  ['wide', 6, 10],
  ['tall', 10, 6],
  ['square', 8, 8],
] as const

async function errorAt(w: Matrix, moment: Float32Array | null, rank: number): Promise<{ lost: number; dropped: number; whole: number }> {
  const svd = await whitenedSvd(plainMath, w, moment)
  const { left, right } = await svd.truncate(rank)
  const product =
    rank === 0
      ? new Float32Array(w.data.length)
      : (await plainMatrices.product({ data: left, rows: w.rows, columns: rank }, { data: right, rows: rank, columns: w.columns })).data
  const usable = moment === null ? null : regularized(moment, w.columns)
  return {
    lost: await weightedEnergy(plainMath, { ...w, data: subtract(w.data, product) }, usable),
    dropped: svd.energies.subarray(rank).reduce((sum, energy) => sum + energy, 0),
    whole: await weightedEnergy(plainMath, w, usable),
  }
}

describe.each(SHAPES)('a %s matrix of %i x %i', (_name, rows, columns) => {
  const w = randomMatrix(rows, columns, 3)
  const moment = randomMoment(columns, 5)

  test('loses exactly the sum of the dropped squared singular values, with and without inputs', async () => {
    for (const norm of [moment, null]) {
      for (const rank of [0, 1, 3, 5]) {
        const { lost, dropped, whole } = await errorAt(w, norm, rank)
        expect(Math.abs(lost - dropped)).toBeLessThan(1e-5 * whole)
        expect(dropped).toBeGreaterThan(0)
      }
    }
  })

  test('is rebuilt at full rank', async () => {
    const { lost, whole } = await errorAt(w, moment, Math.min(rows, columns))
    expect(lost).toBeLessThan(1e-8 * whole)
  })

  test('loses less on its inputs than the plain decomposition of the same rank', async () => {
    const plain = await whitenedSvd(plainMath, w, null)
    const { left, right } = await plain.truncate(2)
    const product = await plainMatrices.product({ data: left, rows, columns: 2 }, { data: right, rows: 2, columns })
    const lost = await weightedEnergy(plainMath, { ...w, data: subtract(w.data, product.data) }, regularized(moment, columns))
    expect((await errorAt(w, moment, 2)).lost).toBeLessThan(lost)
  })

  test('factors have equal lengths, so both keep in half precision', async () => {
    const { left, right } = await (await whitenedSvd(plainMath, w, moment)).truncate(2)
    const a = Math.hypot(...Array.from({ length: rows }, (_, i) => left[i * 2] as number))
    expect(a).toBeCloseTo(Math.hypot(...right.subarray(0, columns)), 5)
  })
})

describe('inputs that say little', () => {
  const w = randomMatrix(6, 8, 1)

  test('a moment of zeros is the plain decomposition', async () => {
    const plain = await whitenedSvd(plainMath, w, null)
    expect((await whitenedSvd(plainMath, w, new Float32Array(64))).energies).toEqual(plain.energies)
  })

  test.each(SHAPES)('a singular moment still gives factors (%s)', async (_name, rows, columns) => {
    const one = randomMatrix(1, columns, 4)
    const moment = (await plainMatrices.gram(one)).data
    const matrix = randomMatrix(rows, columns, 2)
    const { left, right } = await (await whitenedSvd(plainMath, matrix, moment)).truncate(2)
    const product = await plainMatrices.product({ data: left, rows, columns: 2 }, { data: right, rows: 2, columns })
    const lost = await weightedEnergy(plainMath, { ...matrix, data: subtract(matrix.data, product.data) }, moment)
    expect(lost).toBeLessThan(1e-3 * (await weightedEnergy(plainMath, matrix, moment)))
  })

  test('numbers that are not finite are refused', async () => {
    await expect(whitenedSvd(plainMath, w, new Float32Array(64).fill(Number.NaN))).rejects.toThrow(RangeError)
    await expect(whitenedSvd(plainMath, { ...w, data: w.data.map(() => Infinity) }, null)).rejects.toThrow(RangeError)
  })
})
