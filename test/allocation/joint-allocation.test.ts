import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocateJointly } from '../../src-main/allocation/joint-allocation.ts'
import type { JointChoice } from '../../src-main/allocation/joint-allocation.ts'
import { allocate } from '../../src-main/allocation/knapsack.ts'
import { ExpectedError } from '../../src-main/contract/errors.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'

const cost = fc.double({ min: 0, max: 10, noNaN: true, noDefaultInfinity: true }).map((value) => (value < 1e-6 ? 0 : value))
const choice = fc.record({ bytes: fc.integer({ min: 1, max: 60 }), smooth: cost, switching: cost })
const tensors = fc.array(fc.array(choice, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 })

/** The best cost within the budget by trying everything, or null when nothing fits. */
function bruteForce(problem: readonly (readonly JointChoice[])[], budget: number): number | null {
  let best: number | null = null
  const walk = (index: number, bytes: number, smooth: number, switching: number): void => {
    if (bytes > budget) return
    const choices = problem[index]
    if (choices === undefined) best = Math.min(best ?? Infinity, smooth + Math.sqrt(switching))
    else for (const option of choices) walk(index + 1, bytes + option.bytes, smooth + option.smooth, switching + option.switching)
  }
  walk(0, 0, 0, 0)
  return best
}

describe('allocateJointly', () => {
  it('equals brute force and never exceeds the budget', () => {
    fc.assert(
      fc.property(tensors, fc.integer({ min: 1, max: 360 }), (problem, budget) => {
        const best = bruteForce(problem, budget)
        if (best === null) {
          expect(() => allocateJointly(problem, budget)).toThrow(ExpectedError)
          return
        }
        const answer = allocateJointly(problem, budget)
        expect(answer.bytes).toBeLessThanOrEqual(budget)
        expect(answer.cost).toBeLessThanOrEqual(best * (1 + 1e-8))
        expect(answer.cost).toBeGreaterThanOrEqual(best * (1 - 1e-8))
      }),
      { numRuns: 500 },
    )
  })

  it('is the plain knapsack where no expert can switch', () => {
    fc.assert(
      fc.property(tensors, fc.integer({ min: 60, max: 360 }), (problem, budget) => {
        const plain = problem.map((choices) => choices.map((option) => ({ ...option, switching: 0 })))
        if (bruteForce(plain, budget) === null) return
        const wanted = allocate(
          plain.map((choices) => choices.map((option) => ({ bytes: option.bytes, cost: option.smooth }))),
          budget,
        )
        expect(allocateJointly(plain, budget).cost).toBeCloseTo(wanted.cost, 9)
      }),
    )
  })

  it('answers for a model of 48 layers in seconds', () => {
    const random = seededRandom(11)
    const bits = [8.5, 6.5625, 5.5, 4.5, 3.4375, 2.625]
    const problem = Array.from({ length: 48 * 7 }, (_, index): JointChoice[] => {
      const weights = index % 7 < 3 ? 201_326_592 : 4_194_304
      const [smooth, switching] = [weights * 1e-9 * 10 ** (-2 * random()), weights * 1e-13 * 10 ** (-2 * random())]
      return bits.map((width) => ({ bytes: (weights / 8) * width, smooth: smooth * 4 ** -width, switching: switching * 4 ** -width }))
    })
    const started = performance.now()
    const answer = allocateJointly(problem, Math.floor(problem.reduce((sum, choices) => sum + (choices[3]?.bytes ?? 0), 0) * 0.97))
    expect(answer.cost).toBeGreaterThan(0)
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})
