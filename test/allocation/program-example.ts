import * as fc from 'fast-check'
import { tally } from '../../src-main/allocation/integer-program.ts'
import type { ChoiceProgram } from '../../src-main/allocation/integer-program.ts'

const choice = fc.record({ cost: fc.double({ min: 0, max: 10, noNaN: true }), size: fc.integer({ min: 0, max: 40 }) })

/** Small programs with up to two constraints on disjoint options, some of them without an answer. */
export const programs: fc.Arbitrary<ChoiceProgram> = fc.record({
  choices: fc.array(fc.array(choice, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
  spare: fc.integer({ min: -5, max: 80 }),
  counts: fc.tuple(fc.constantFrom(0, 0, 1, 2, 3), fc.constantFrom(0, 0, 1, 2)),
  owners: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 24, maxLength: 24 }),
}).map(({ choices, spare, counts, owners }) => {
  const all = choices.flatMap((options, item) => options.map((_, option) => ({ item, option })))
  const atLeast = counts.map((count, constraint) => ({ count, options: all.filter((_, index) => owners[index] === constraint) }))
  const least = choices.reduce((sum, options) => sum + Math.min(...options.map(({ size }) => size)), 0)
  return { choices, capacity: Math.max(0, least + spare), atLeast }
})

/** The least cost by trying everything, or null when no answer holds the constraints. */
export function bruteForce(program: ChoiceProgram): number | null {
  let best: number | null = null
  const walk = (picks: readonly number[]): void => {
    const options = program.choices[picks.length]
    if (options !== undefined) return options.forEach((_, option) => { walk([...picks, option]) })
    const { feasible, objective } = tally(program, picks)
    if (feasible && (best === null || objective < best)) best = objective
  }
  walk([])
  return best
}
