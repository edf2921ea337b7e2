import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocate } from '../../src-main/allocation/knapsack.ts'
import type { Choice } from '../../src-main/allocation/knapsack.ts'
import { ExpectedError } from '../../src-main/contract/errors.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'

const choice = fc.record({ bytes: fc.integer({ min: 1, max: 60 }), cost: fc.double({ min: 0, max: 10, noNaN: true }) })
const tensors = fc.array(fc.array(choice, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 })

/** The best cost within the budget by trying everything, or null when nothing fits. */
function bruteForce(problem: readonly (readonly Choice[])[], budget: number): number | null {
  let best: number | null = null
  const walk = (index: number, bytes: number, cost: number): void => {
    if (bytes > budget) return
    const choices = problem[index]
    if (choices === undefined) best = best === null ? cost : Math.min(best, cost)
    else for (const option of choices) walk(index + 1, bytes + option.bytes, cost + option.cost)
  }
  walk(0, 0, 0)
  return best
}

/** Tensors of a model with `layers` layers: seven a layer, six types, error falling fourfold a bit, sensitivities scattered. */
function modelLike(layers: number, seed: number): Choice[][] {
  const random = seededRandom(seed)
  const bits = [8.5, 6.5625, 5.5, 4.5, 3.4375, 2.625]
  return Array.from({ length: layers * 7 }, (_, index) => {
    const weights = index % 7 < 3 ? 201_326_592 : 4_194_304
    const sensitivity = weights * 10 ** (-2 * random())
    return bits.map((width) => ({ bytes: (weights / 8) * width, cost: sensitivity * 4 ** -width * (0.8 + 0.4 * random()) }))
  })
}

describe('allocate', () => {
  it('equals brute force, never exceeds the budget and states no gap on small cases', () => {
    fc.assert(
      fc.property(tensors, fc.integer({ min: 1, max: 360 }), (problem, budget) => {
        const best = bruteForce(problem, budget)
        if (best === null) {
          expect(() => allocate(problem, budget)).toThrow(ExpectedError)
          return
        }
        const answer = allocate(problem, budget)
        expect(answer.bytes).toBeLessThanOrEqual(budget)
        expect(answer.cost).toBeCloseTo(best, 9)
        expect(answer.lowerBound).toBe(answer.cost)
      }),
      { numRuns: 500 },
    )
  })

  it('never costs more when given more bytes', () => {
    fc.assert(
      fc.property(tensors, fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 60 }), (problem, over, more) => {
        const smallest = problem.reduce((sum, choices) => sum + Math.min(...choices.map((option) => option.bytes)), 0)
        const tight = allocate(problem, smallest + over)
        const wide = allocate(problem, smallest + over + more)
        expect(wide.cost).toBeLessThanOrEqual(tight.cost + 1e-9)
      }),
      { numRuns: 300 },
    )
  })

  it('names the nearest possible budget when none fits', () => {
    const problem = [
      [
        { bytes: 10, cost: 1 },
        { bytes: 20, cost: 0 },
      ],
      [{ bytes: 7, cost: 1 }],
    ]
    try {
      allocate(problem, 16)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ExpectedError)
      expect(error).toMatchObject({ code: 'budget-too-small', details: { budgetBytes: 16, smallestBytes: 17 } })
    }
    expect(allocate(problem, 17).picks).toEqual([0, 0])
  })

  it('stays within its stated gap when it may keep few partial answers', () => {
    fc.assert(
      fc.property(tensors, fc.integer({ min: 0, max: 200 }), (problem, over) => {
        const smallest = problem.reduce((sum, choices) => sum + Math.min(...choices.map((option) => option.bytes)), 0)
        const answer = allocate(problem, smallest + over, 2)
        const best = bruteForce(problem, smallest + over) ?? Number.NaN
        expect(answer.bytes).toBeLessThanOrEqual(smallest + over)
        expect(answer.lowerBound).toBeLessThanOrEqual(best + 1e-9)
        expect(answer.cost).toBeGreaterThanOrEqual(best - 1e-9)
      }),
      { numRuns: 300 },
    )
  })

  it('proves its answer best for a model of 48 layers, quickly, using nearly the whole budget', () => {
    const problem = modelLike(48, 7)
    const budget = Math.floor(problem.reduce((sum, choices) => sum + (choices[3]?.bytes ?? 0), 0) * 0.97)
    const started = performance.now()
    const answer = allocate(problem, budget)
    expect(performance.now() - started).toBeLessThan(5000)
    expect(answer.lowerBound).toBe(answer.cost)
    expect(answer.bytes).toBeLessThanOrEqual(budget)
    expect(answer.bytes).toBeGreaterThan(budget * 0.9999)
  })
})
