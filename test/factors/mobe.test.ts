import { afterAll, describe, expect, test } from 'vitest'
import { openCompute } from '../../src-main/compute/session.ts'
import { learnWithAdam } from '../../src-main/factors/mobe/adam.ts'
import { learnFast } from '../../src-main/factors/mobe/fast.ts'
import { estimateAdam, estimateFast } from '../../src-main/factors/mobe/estimate.ts'
import type { LearnResult, MobeShape } from '../../src-main/factors/mobe/problem.ts'
import { rebuildExpert } from '../../src-main/factors/mobe/rebuild.ts'
import { decodeState, encodeState } from '../../src-main/factors/mobe/state.ts'
import type { SolverState } from '../../src-main/factors/mobe/state.ts'
import { stateBytes } from '../fixtures/state-bytes.ts'
import { mobeMath, normals, problemOf, SMALL, structuredWeights } from './mobe-layer.ts'

const compute = openCompute({ device: 'cpu', threads: 1 })
afterAll(() => compute.close())
const math = mobeMath(compute)
const WEIGHTS = structuredWeights(SMALL)

const fast = (shape: MobeShape, weights: readonly Float32Array[], maxSteps = 40): Promise<LearnResult> =>
  learnFast(math, problemOf(shape, weights), { maxSteps })

function bytesOf({ factors }: LearnResult): Buffer {
  return Buffer.concat(
    [...factors.left, factors.mix, ...factors.bases].map((data) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  )
}

describe('the fast solver', () => {
  test('finds an expert exactly where it has a basis of its own as high as itself', async () => {
    const { relativeError, perExpertError } = await fast(
      { ...SMALL, bases: SMALL.experts, rank: SMALL.rows, activation: 'none' },
      WEIGHTS,
      3,
    )
    expect(relativeError).toBeLessThan(1e-5)
    expect(Math.max(...perExpertError)).toBeLessThan(1e-5)
  })

  test('errs less with more bases, and with more rank', async () => {
    const errors: number[] = []
    for (const [bases, rank] of [
      [2, 6],
      [2, 10],
      [4, 10],
      [8, 10],
    ] as const)
      errors.push((await fast({ ...SMALL, bases, rank }, WEIGHTS)).relativeError)
    expect([...errors].sort((a, b) => b - a)).toEqual(errors)
    expect(new Set(errors).size).toBe(4)
  })

  test.each(['silu', 'tanh', 'none'] as const)('gets below where it starts: %s', async (activation) => {
    const errors: number[] = []
    const { relativeError } = await learnFast(math, problemOf({ ...SMALL, activation }, WEIGHTS), {
      maxSteps: 40,
      onStep: (progress) => errors.push(progress.relativeError),
    })
    expect(relativeError).toBeLessThan(0.97 * (errors[0] ?? 0))
  })

  test('comes to the same error whatever the order of the experts', async () => {
    const order = [5, 2, 7, 0, 3, 6, 1, 4]
    const [straight, mixed] = [
      await fast(SMALL, WEIGHTS, 80),
      await fast(
        SMALL,
        order.map((e) => WEIGHTS[e] ?? new Float32Array(0)),
        80,
      ),
    ]
    expect(Math.abs(mixed.relativeError / straight.relativeError - 1)).toBeLessThan(0.03)
  })

  test('puts like experts in one group, wherever they stand', async () => {
    const twins = Array.from({ length: 8 }, (_, e) => normals(100 + e, SMALL.rows * SMALL.columns, 0.02))
    const families = [normals(90, 6 * SMALL.columns), normals(91, 6 * SMALL.columns)]
    const weights = twins.map((noise, e) => {
      const family = families[e % 2] ?? noise
      const mixing = normals(200 + e, SMALL.rows * 6)
      return noise.map(
        (value, i) =>
          0.01 * value +
          Array.from(
            { length: 6 },
            (_, k) => (mixing[Math.floor(i / SMALL.columns) * 6 + k] ?? 0) * (family[k * SMALL.columns + (i % SMALL.columns)] ?? 0),
          ).reduce((a, b) => a + b),
      )
    })
    const shape = { ...SMALL, bases: 2, groups: 2, rank: 6, activation: 'none' as const }
    const { factors, relativeError } = await fast(shape, weights, 5)
    const groupOf = (e: number): number => (factors.mix[2 * e] === 0 ? 1 : 0)
    expect(weights.map((_, e) => groupOf(e) === groupOf(e % 2))).toEqual(weights.map(() => true))
    expect(relativeError).toBeLessThan(0.01)
  })

  test('weighs errors by column where it is told to', async () => {
    const columnWeights = Float32Array.from({ length: SMALL.columns }, (_, j) => (j < 8 ? 100 : 1))
    const plain = await fast(SMALL, WEIGHTS)
    const weighted = await learnFast(math, problemOf(SMALL, WEIGHTS, columnWeights), { maxSteps: 40 })
    expect(weighted.weightedError).toBeLessThan(0.7 * plain.relativeError)
    expect(weighted.relativeError).toBeGreaterThan(plain.relativeError)
    expect(plain.weightedError).toBeCloseTo(plain.relativeError, 10)
  })

  test('is never worse than the singular vectors that like experts share', async () => {
    const shape = { ...SMALL, bases: 1, rank: 8 }
    const plain = await fast(shape, WEIGHTS, 0)
    const gram = new Float64Array(SMALL.columns ** 2)
    for (const weights of WEIGHTS)
      for (let i = 0; i < weights.length; i++)
        for (let j = i - (i % SMALL.columns), k = 0; k < SMALL.columns; k++)
          gram[(i % SMALL.columns) * SMALL.columns + k] =
            (gram[(i % SMALL.columns) * SMALL.columns + k] ?? 0) + (weights[i] ?? 0) * (weights[j + k] ?? 0)
    const { values } = math.algebra.symmetricEigen(gram, SMALL.columns)
    const optimum = Math.sqrt(values.slice(8).reduce((a, b) => a + b) / values.reduce((a, b) => a + b))
    expect(plain.relativeError / optimum).toBeGreaterThan(1 - 1e-3)
    expect(plain.relativeError / optimum).toBeLessThan(1.05)
    expect((await fast(shape, WEIGHTS, 2)).relativeError).toBeLessThanOrEqual(plain.relativeError * 1.0001)
  })

  test('beats the published schedule at equal work', async () => {
    const shape = { ...SMALL, experts: 16, rows: 24, columns: 48, rank: 20 }
    const weights = structuredWeights(shape)
    const rival = await learnWithAdam(math, problemOf(shape, weights), { maxSteps: 120 })
    const ours = await learnFast(math, problemOf(shape, weights), { maxSteps: 1000, maxFlops: rival.flops })
    expect(ours.flops).toBeLessThanOrEqual(rival.flops)
    expect(ours.relativeError).toBeLessThan(rival.relativeError)
  })
})

describe('the published schedule', () => {
  test('lowers the error, and keeps the best of its states', async () => {
    const errors: number[] = []
    const { relativeError, steps } = await learnWithAdam(math, problemOf(SMALL, WEIGHTS), {
      maxSteps: 60,
      onStep: (progress) => errors.push(progress.relativeError),
    })
    expect(steps).toBe(60)
    expect(relativeError).toBeCloseTo(Math.min(...errors), 5)
    expect(relativeError).toBeLessThan(0.6 * (errors[0] ?? 0))
  })

  test('gives each group bases of its own', async () => {
    const { factors } = await learnWithAdam(math, problemOf({ ...SMALL, groups: 2 }, WEIGHTS), { maxSteps: 3 })
    const rows = Array.from({ length: 8 }, (_, e) => Array.from(factors.mix.subarray(4 * e, 4 * e + 4)))
    for (const [e, row] of rows.entries()) {
      expect(row.map((share) => share > 0)).toEqual(e < 4 ? [true, true, false, false] : [false, false, true, true])
      expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 6)
    }
  })
})

describe.each([
  ['adam', learnWithAdam, estimateAdam],
  ['fast', learnFast, estimateFast],
] as const)('%s', (name, learn, estimate) => {
  const shape = { ...SMALL, groups: 2 }
  const problem = problemOf(shape, WEIGHTS)

  test('gives the same bytes again, and from a checkpoint', async () => {
    const saved: SolverState[] = []
    const whole = await learn(math, problem, {
      maxSteps: 12,
      checkpointEvery: 5,
      onCheckpoint: async (state) => void saved.push(await decodeState(stateBytes(...encodeState(state)))),
    })
    expect(bytesOf(await learn(math, problem, { maxSteps: 12 })).equals(bytesOf(whole))).toBe(true)
    expect(saved).toHaveLength(2)
    for (const resume of saved) {
      const rest = await learn(math, problem, { maxSteps: 12, resume })
      expect(bytesOf(rest).equals(bytesOf(whole))).toBe(true)
      expect([rest.steps, rest.flops]).toEqual([whole.steps, whole.flops])
    }
  })

  test('says before the start what it will cost', async () => {
    const { flops, steps } = await learn(math, problem, { maxSteps: 7 })
    expect(steps).toBe(7)
    expect(flops / estimate(shape, 7)).toBeLessThan(1 + 1e-9)
    expect(flops / estimate(shape, 7)).toBeGreaterThan(name === 'adam' ? 1 - 1e-9 : 0.7)
  })

  test('reports the error of what it returns', async () => {
    const { factors, perExpertError, relativeError } = await learn(math, problem, { maxSteps: 3 })
    let [error, energy] = [0, 0]
    for (const [e, wanted] of WEIGHTS.entries()) {
      const found = await rebuildExpert(compute, shape, factors, e)
      const own = wanted.reduce((sum, value, i) => sum + (value - (found[i] ?? NaN)) ** 2, 0)
      const whole = wanted.reduce((sum, value) => sum + value ** 2, 0)
      expect(perExpertError[e]).toBeCloseTo(Math.sqrt(own / whole), 6)
      error += own
      energy += whole
    }
    expect(relativeError).toBeCloseTo(Math.sqrt(error / energy), 6)
  })

  test('survives an expert of zeros, a layer of zeros and experts that are all the same', async () => {
    const nothing = new Float32Array(SMALL.rows * SMALL.columns)
    const one = await learn(math, problemOf(shape, [nothing, ...WEIGHTS.slice(1)]), { maxSteps: 5 })
    expect(Number.isFinite(one.relativeError)).toBe(true)
    expect(
      (
        await learn(
          math,
          problemOf(
            shape,
            WEIGHTS.map(() => nothing),
          ),
          { maxSteps: 5 },
        )
      ).factors.left.every((matrix) => matrix.every(Number.isFinite)),
    ).toBe(true)
    const single = WEIGHTS[0]?.map((value, i) => (i < SMALL.columns ? value : 0)) ?? nothing
    expect(
      Number.isFinite(
        (
          await learn(
            math,
            problemOf(
              shape,
              WEIGHTS.map(() => single),
            ),
            { maxSteps: 5 },
          )
        ).relativeError,
      ),
    ).toBe(true)
  })

  test('refuses weights that are not finite, and sizes that cannot be', async () => {
    for (const value of [NaN, Infinity]) {
      await expect(
        learn(math, problemOf(shape, [Float32Array.from(WEIGHTS[0] ?? []).fill(value, 3, 4), ...WEIGHTS.slice(1)]), { maxSteps: 1 }),
      ).rejects.toThrow(RangeError)
    }
    for (const wrong of [{ rank: 0 }, { bases: 9 }, { bases: 3 }, { groups: 3 }, { rank: 33 }, { experts: 0 }]) {
      await expect(learn(math, problemOf({ ...shape, ...wrong }, WEIGHTS), { maxSteps: 1 })).rejects.toThrow(RangeError)
    }
  })

  test('stops when told to, when nothing moves, and before more work than it may do', async () => {
    await expect(learn(math, problem, { maxSteps: 5, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
    expect((await learn(math, problem, { maxSteps: 100, tolerance: 0.999 })).steps).toBe(21)
    const { steps, flops } = await learn(math, problem, { maxSteps: 100, maxFlops: estimate(shape, 5) - 1 })
    expect(steps).toBe(4)
    expect(flops).toBeLessThan(estimate(shape, 5))
  })
})

test('a state is refused by the other solver, and when it is cut short', async () => {
  const saved: SolverState[] = []
  await learnFast(math, problemOf(SMALL, WEIGHTS), { maxSteps: 1, checkpointEvery: 1, onCheckpoint: (state) => void saved.push(state) })
  const state = saved[0] ?? { solver: 'adam', numbers: {}, arrays: {} }
  await expect(learnWithAdam(math, problemOf(SMALL, WEIGHTS), { maxSteps: 2, resume: state })).rejects.toThrow(RangeError)
  await expect(learnFast(math, problemOf({ ...SMALL, rank: 9 }, WEIGHTS), { maxSteps: 2, resume: state })).rejects.toThrow(RangeError)
  const bytes = Buffer.concat([...encodeState(state)])
  for (const wrong of [bytes.subarray(0, 3), bytes.subarray(0, 12), bytes.subarray(0, bytes.length - 1), Uint8Array.from([...bytes, 0])]) {
    await expect(decodeState(stateBytes(wrong))).rejects.toThrow(RangeError)
  }
})
