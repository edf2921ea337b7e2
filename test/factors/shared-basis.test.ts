import { describe, expect, test } from 'vitest'
import { fitLeft } from '../../src-main/factors/fit-left.ts'
import { subtract, matrixOf, weightedEnergy } from '../../src-main/factors/math.ts'
import { pickColumns } from '../../src-main/factors/pick-columns.ts'
import { addScaled, refineBasis } from '../../src-main/factors/refine-basis.ts'
import type { WeightedMember } from '../../src-main/factors/refine-basis.ts'
import { caughtEnergies, commonNorm, memberGram, sharedSpectrum } from '../../src-main/factors/shared-basis.ts'
import { plainMath, plainMatrices, randomMatrix, randomMoment } from '../fixtures/plain-math.ts'

const [rows, n, rank] = [6, 10, 4]
const w = randomMatrix(rows, n, 1)
const moment = randomMoment(n, 2)

async function errorWith(
  basis: ReturnType<typeof randomMatrix>,
  member: { w: typeof w; moment: Float32Array | null } = { w, moment },
): Promise<number> {
  const left = await fitLeft(plainMath, member.w, member.moment, basis)
  const product = await plainMatrices.product(matrixOf(left, rows, basis.rows), basis)
  return weightedEnergy(plainMath, matrixOf(subtract(member.w.data, product.data), rows, n), member.moment)
}

describe('left factors', () => {
  test('the fitted one is a minimum: any change makes it worse', async () => {
    const basis = randomMatrix(rank, n, 7)
    const left = await fitLeft(plainMath, w, moment, basis)
    const least = await errorWith(basis)
    for (const at of [0, 5, 11]) {
      const moved = left.slice()
      moved[at] = (moved[at] as number) + 0.01
      const product = await plainMatrices.product(matrixOf(moved, rows, rank), basis)
      expect(await weightedEnergy(plainMath, matrixOf(subtract(w.data, product.data), rows, n), moment)).toBeGreaterThan(least)
    }
  })

  test('a basis with dependent or empty rows is no trouble', async () => {
    const basis = randomMatrix(rank, n, 7)
    basis.data.copyWithin(n, 0, n)
    basis.data.fill(0, 2 * n, 3 * n)
    expect(await errorWith(basis)).toBeLessThan(await weightedEnergy(plainMath, w, moment))
    expect(await fitLeft(plainMath, w, moment, matrixOf(new Float32Array(rank * n), rank, n))).toEqual(new Float32Array(rows * rank))
  })

  test('caught energies tell the error at every rank', async () => {
    const basis = randomMatrix(rank, n, 7)
    const caught = await caughtEnergies(plainMath, { w, moment }, basis)
    const whole = await weightedEnergy(plainMath, w, moment)
    for (let k = 1; k <= rank; k++) {
      const error = await errorWith(matrixOf(basis.data.slice(0, k * n), k, n))
      expect(Math.abs(whole - (caught[k] as number) - error)).toBeLessThan(1e-4 * whole)
    }
  })
})

describe('a basis for several experts', () => {
  const members: WeightedMember[] = [1, 2, 3].map((seed) => ({
    w: randomMatrix(rows, n, seed),
    moment: randomMoment(n, 20 + seed),
    weight: seed,
  }))
  async function* each(): AsyncGenerator<WeightedMember> {
    yield* members
  }
  const total = async (basis: typeof w): Promise<number> => {
    let sum = 0
    for (const member of members) sum += member.weight * (await errorWith(basis, member))
    return sum
  }
  async function startOf(common: Float32Array): Promise<{ start: typeof w; norm: ReturnType<typeof commonNorm> }> {
    const norm = commonNorm(plainMath, common, n)
    const gram = new Float64Array(n * n)
    for (const { w: own, weight } of members) addScaled(gram, await memberGram(plainMath, own, norm), weight)
    return { norm, start: sharedSpectrum(plainMath, gram, n, norm).basis(rank) }
  }

  test('sweeps lower the error, and never raise it', async () => {
    const { start, norm } = await startOf(randomMoment(n, 21))
    const errors = [await total(start)]
    for (const sweeps of [1, 2, 4]) errors.push(await total(await refineBasis(plainMath, each, start, norm, sweeps)))
    expect(errors).toEqual([...errors].sort((a, b) => b - a))
    expect(errors[3]).toBeLessThan(0.999 * (errors[0] as number))
  })

  test('with one moment for all the spectrum is the answer already: its tail is the error, and sweeps gain nothing', async () => {
    const common = randomMoment(n, 40)
    const norm = commonNorm(plainMath, common, n)
    const alike = members.map((member) => ({ ...member, moment: norm?.moment ?? null }))
    const gram = new Float64Array(n * n)
    for (const { w: own, weight } of alike) addScaled(gram, await memberGram(plainMath, own, norm), weight)
    const spectrum = sharedSpectrum(plainMath, gram, n, norm)
    let error = 0
    for (const member of alike) error += member.weight * (await errorWith(spectrum.basis(rank), member))
    const tail = spectrum.energies.subarray(rank).reduce((sum, energy) => sum + energy, 0)
    expect(error / tail).toBeCloseTo(1, 3)
    async function* same(): AsyncGenerator<WeightedMember> {
      yield* alike
    }
    const refined = await refineBasis(plainMath, same, spectrum.basis(rank), norm, 3)
    let after = 0
    for (const member of alike) after += member.weight * (await errorWith(refined, member))
    expect(after / tail).toBeCloseTo(1, 3)
  })

  test('nothing to refine at rank 0', async () => {
    const empty = matrixOf(new Float32Array(0), 0, n)
    expect(await refineBasis(plainMath, each, empty, null, 2)).toBe(empty)
  })
})

describe('columns of a residual', () => {
  const seen = async (): Promise<Float64Array> =>
    Float64Array.from((await plainMatrices.gram(await plainMatrices.product(w, matrixOf(moment, n, n)))).data)
  const select = (columns: readonly number[]): typeof w => {
    const data = new Float32Array(columns.length * n)
    columns.forEach((column, i) => {
      data[i * n + column] = 1
    })
    return matrixOf(data, columns.length, n)
  }

  test('the first one is the best single one', async () => {
    const errors: number[] = []
    for (let column = 0; column < n; column++) errors.push(await errorWith(select([column])))
    expect(pickColumns(await seen(), moment, n, 1)).toEqual([errors.indexOf(Math.min(...errors))])
  })

  test('each next one is the best beside those before', async () => {
    const [first = 0, second = 0] = pickColumns(await seen(), moment, n, 2)
    const errors: number[] = []
    for (let column = 0; column < n; column++) errors.push(column === first ? Infinity : await errorWith(select([first, column])))
    expect(second).toBe(errors.indexOf(Math.min(...errors)))
  })

  test('all of them are different, also when inputs repeat each other', async () => {
    const twins = moment.slice()
    for (let i = 0; i < n; i++) twins[n + i] = twins[i] as number
    for (let i = 0; i < n; i++) twins[i * n + 1] = twins[i * n] as number
    expect([...pickColumns(await seen(), twins, n, n)].sort((a, b) => a - b)).toEqual([...Array(n).keys()])
    expect(() => pickColumns(new Float64Array(n * n), null, n, n + 1)).toThrow(RangeError)
  })
})
