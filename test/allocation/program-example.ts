import * as fc from 'fast-check'
import { tally } from '../../src-main/allocation/integer-program.ts'
import type { ChoiceProgram } from '../../src-main/allocation/integer-program.ts'

const choice = fc.record({ cost: fc.double({ min: 0, max: 10, noNaN: true }), size: fc.integer({ min: 0, max: 40 }) })

/** Options that cost less the larger they are, sizes uneven: what greedy steps get wrong. */
const falling = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 3, max: 25 })), { minLength: 2, maxLength: 4 })
  .map((steps) => {
    return steps.map((_, index) => ({
      cost: steps.slice(index).reduce((sum, [cost]) => sum + cost / 97, 0),
      size: steps.slice(0, index + 1).reduce((sum, [, size]) => sum + size, 0),
    }))
  })

/** Small programs with up to two constraints on disjoint options, some of them without an answer. */
export const programs: fc.Arbitrary<ChoiceProgram> = fc
  .record({
    choices: fc.array(
      fc.oneof({ arbitrary: falling, weight: 4 }, { arbitrary: fc.array(choice, { minLength: 1, maxLength: 4 }), weight: 1 }),
      { minLength: 1, maxLength: 6, size: 'max' },
    ),
    spare: fc.integer({ min: -5, max: 120 }),
    counts: fc.tuple(fc.constantFrom(0, 0, 0, 1, 2, 3), fc.constantFrom(0, 0, 0, 1, 2)),
    owners: fc.infiniteStream(fc.integer({ min: 0, max: 2 })),
  })
  .map(({ choices, spare, counts, owners }) => {
    const all = choices.flatMap((options, item) => options.map((_, option) => ({ item, option, owner: Number(owners.next().value) })))
    const atLeast = counts.map((count, constraint) => ({
      count,
      options: all.filter(({ owner }) => owner === constraint).map(({ item, option }) => ({ item, option })),
    }))
    const least = choices.reduce((sum, options) => sum + Math.min(...options.map(({ size }) => size)), 0)
    return { choices, capacity: Math.max(0, least + spare), atLeast }
  })

/** The least cost by trying everything, or null when no answer holds the constraints. */
export function bruteForce(program: ChoiceProgram): number | null {
  let best: number | null = null
  const walk = (picks: readonly number[]): void => {
    const options = program.choices[picks.length]
    if (options !== undefined)
      return options.forEach((_, option) => {
        walk([...picks, option])
      })
    const { feasible, objective } = tally(program, picks)
    if (feasible && (best === null || objective < best)) best = objective
  }
  walk([])
  return best
}
