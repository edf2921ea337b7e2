import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coreOf } from '../../src-main/allocation/core-program.ts'
import { greedyChoice, smallestSize } from '../../src-main/allocation/greedy-choice.ts'
import { checkProgram, sumOf, tally } from '../../src-main/allocation/integer-program.ts'
import type { ChoiceProgram } from '../../src-main/allocation/integer-program.ts'
import { picksOf, programText } from '../../src-main/allocation/program-text.ts'
import { sweepCore } from '../../src-main/allocation/sweep-core.ts'
import { bruteForce, programs } from './program-example.ts'

const example: ChoiceProgram = {
  choices: [
    [
      { cost: 5, size: 1 },
      { cost: 1, size: 3 },
    ],
    [
      { cost: 4, size: 1 },
      { cost: 2.5, size: 2 },
    ],
  ],
  capacity: 4,
  atLeast: [],
}

describe('the greedy answer', () => {
  it('holds every constraint, and there is one exactly where brute force finds one', () => {
    fc.assert(
      fc.property(programs, (program) => {
        const best = bruteForce(program)
        const greedy = greedyChoice(program)
        expect(greedy === null).toBe(best === null)
        if (greedy === null || best === null) return
        expect(tally(program, greedy).feasible).toBe(true)
        expect(tally(program, greedy).objective).toBeGreaterThanOrEqual(best - 1e-9)
      }),
      { numRuns: 200 },
    )
  })

  it('has an answer at the smallest size, and none below', () => {
    fc.assert(
      fc.property(programs, (program) => {
        const smallest = smallestSize(program)
        fc.pre(Number.isFinite(smallest))
        expect(greedyChoice({ ...program, capacity: smallest })).not.toBeNull()
        expect(bruteForce({ ...program, capacity: smallest - 1 })).toBeNull()
      }),
      { numRuns: 200 },
    )
  })
})

describe('the core of a program', () => {
  it('bounds every answer from below and keeps the best one', () => {
    fc.assert(
      fc.property(programs, (program) => {
        const greedy = greedyChoice(program)
        fc.pre(greedy !== null)
        const core = coreOf(program, greedy)
        const best = bruteForce(program) ?? NaN
        expect(core.bound).toBeLessThanOrEqual(best + 1e-9)
        const open = new Map(core.free.map(({ item, options }) => [item, options.map(({ option }) => option)]))
        const choices = program.choices.map((options, item) =>
          options.map((option, index) => {
            const kept = open.get(item)?.includes(index) ?? core.known[item] === index
            return kept ? option : { ...option, size: program.capacity + 1 }
          }),
        )
        expect(bruteForce({ ...program, choices })).toBeCloseTo(best, 9)
      }),
      { numRuns: 200 },
    )
  })

  it('leaves nothing to decide where the greedy answer meets the bound', () => {
    const steps = {
      ...example,
      choices: [
        [
          { cost: 5, size: 1 },
          { cost: 1, size: 2 },
        ],
        [
          { cost: 4, size: 1 },
          { cost: 2, size: 2 },
        ],
      ],
      capacity: 3,
    }
    expect(greedyChoice(steps)).toEqual([1, 0])
    expect(coreOf(steps, [1, 0]).free.flatMap(({ options }) => options.filter(({ cost }) => cost > 1))).toEqual([])
  })

  it('is swept exactly where no constraint stands', () => {
    fc.assert(
      fc.property(programs, ({ choices, capacity }) => {
        const program = { choices, capacity, atLeast: [] }
        const greedy = greedyChoice(program)
        fc.pre(greedy !== null)
        const swept = sweepCore(program, coreOf(program, greedy), 1000)
        expect(tally(program, swept?.picks ?? []).objective).toBeCloseTo(bruteForce(program) ?? NaN, 9)
        expect(swept?.bound).toBeCloseTo(bruteForce(program) ?? NaN, 9)
      }),
      { numRuns: 200 },
    )
  })
})

describe('the text for HiGHS', () => {
  it('names one binary per open option and starts from the known answer', () => {
    const core = coreOf(example, [0, 1])
    const { text, start } = programText(core)
    expect(text).toMatch(/^Minimize\n cost: /)
    expect(text).toContain(' one0: 1 x0_0 + 1 x0_1 = 1')
    expect(start.map(([name]) => name)).toEqual(['x0_0', 'x0_1', 'x1_0', 'x1_1', 'unused'])
    expect(picksOf(core, new Map(start))).toEqual([0, 1])
  })

  it("keeps costs of 1e-12 in the solver's range", () => {
    const tiny = { ...example, choices: example.choices.map((options) => options.map(({ cost, size }) => ({ cost: cost * 1e-12, size }))) }
    const costs = (program: ChoiceProgram): number[] =>
      coreOf(program, [0, 1]).free.flatMap(({ options }) => options.map(({ cost }) => cost))
    expect(Math.max(...costs(tiny))).toBeGreaterThan(1)
    for (const [index, cost] of costs(tiny).entries()) expect(cost).toBeCloseTo(costs(example)[index] ?? NaN, 6)
  })
})

describe('adding up', () => {
  it('keeps small costs beside large ones', () => {
    expect(sumOf([1e16, 1, -1e16])).toBe(1)
    expect(tally(example, [1, 0])).toEqual({ size: 4, objective: 5, feasible: true })
    expect(tally(example, [1, 1]).feasible).toBe(false)
  })

  it('refuses what is no program', () => {
    expect(() => checkProgram({ ...example, choices: [[{ cost: NaN, size: 1 }]] })).toThrow('item 0 has cost NaN')
    expect(() => checkProgram({ ...example, choices: [[{ cost: 1, size: 1.5 }]] })).toThrow('sizes whole')
    expect(() => checkProgram({ ...example, choices: [[]] })).toThrow('item 0 has no option')
    expect(() => checkProgram({ ...example, atLeast: [{ count: 1, options: [{ item: 0, option: 2 }] }] })).toThrow('does not exist')
    const one = { count: 1, options: [{ item: 0, option: 0 }] }
    expect(() => checkProgram({ ...example, atLeast: [one, one] })).toThrow('two constraints')
  })
})
