import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evenWidths } from '../../src-main/allocation/even-widths.ts'
import { greedyChoice } from '../../src-main/allocation/greedy-choice.ts'
import { expertCosts, fillUnmeasured, PAPER_EXPONENTS } from '../../src-main/allocation/pmq-cost.ts'
import type { ExpertSignificance } from '../../src-main/allocation/pmq-cost.ts'
import { globalProgram, layerProgram, tensorProgram } from '../../src-main/allocation/pmq.ts'

const expert = (frequency: number, weight: number, ...errors: number[]): ExpertSignificance => {
  return { frequency, weight, errors: Object.fromEntries(errors.map((error, index) => [index + 1, error])) }
}
const four = [expert(0.9, 0.6, 8, 4, 2), expert(0.6, 0.2, 6, 3, 1), expert(0.3, 0.15, 5, 2, 1), expert(0.2, 0.05, 9, 5, 2)]

describe('costs', () => {
  it('are phi^alpha w^beta eps^gamma, phi and w in shares of the layer, eps raised to gamma and not to alpha', () => {
    const costs = expertCosts(four, [1, 2, 3], PAPER_EXPONENTS)
    expect(costs[0]?.[0]).toBeCloseTo(0.45 * 0.6 ** 1.5 * 64, 12)
    expect(costs[3]?.[2]).toBeCloseTo(0.1 * 0.05 ** 1.5 * 4, 12)
    expect(expertCosts(four, [2], { alpha: 0, beta: 0, gamma: 1 })).toEqual([[4], [3], [2], [5]])
  })

  it('do not vanish where shares are tiny', () => {
    const faint = four.map((one) => ({ ...one, frequency: one.frequency * 1e-200, weight: one.weight * 1e-200 }))
    const costs = expertCosts(faint, [1], PAPER_EXPONENTS)
    for (const [index, [cost]] of expertCosts(four, [1], PAPER_EXPONENTS).entries())
      expect(costs[index]?.[0]).toBeCloseTo(cost as number, 12)
  })

  it('are refused where an error is missing', () => {
    expect(() => expertCosts(four, [1, 4], PAPER_EXPONENTS)).toThrow('expert 0 has no error at 4')
    expect(() => expertCosts([expert(1, 1, NaN)], [1], PAPER_EXPONENTS)).toThrow('expert 0 has no error at 1')
  })
})

describe('experts that saw no token', () => {
  const unseen: ExpertSignificance = { frequency: 0, weight: 0, errors: {} }
  const weightErrors = [
    { 1: 4, 2: 2 },
    { 1: 2, 2: 1 },
    { 1: 5, 2: 4 },
    { 1: 3, 2: 1 },
  ]

  it('take the error of their weights by the median ratio of the layer, and are named', () => {
    const { experts, unmeasured } = fillUnmeasured([...four.slice(0, 3), unseen], weightErrors, [1, 2], 1000)
    expect(unmeasured).toEqual([3])
    // Ratios of output error to weight error: 2, 3, 1 at one bit, 2, 3, 0.5 at two.
    expect(experts[3]?.errors).toEqual({ 1: 6, 2: 2 })
    expect(experts[3]?.frequency).toBe(0.0005)
    expect(experts[3]?.weight).toBeCloseTo((0.0005 * 0.95) / 1.8, 12)
    expect(experts.slice(0, 3)).toEqual(four.slice(0, 3))
  })

  it('in a layer that saw nothing go by their weights alone', () => {
    const { experts, unmeasured } = fillUnmeasured([unseen, unseen], weightErrors, [1, 2], 0)
    expect(unmeasured).toEqual([0, 1])
    expect(expertCosts(experts, [1], { alpha: 1, beta: 0, gamma: 1 })).toEqual([[2], [1]])
  })
})

describe('the program of a layer', () => {
  it('holds the sum of widths to the rounded average and asks for the top two widths', () => {
    const { program, notes } = layerProgram(four, [1, 2, 3], 2.05)
    expect(program.capacity).toBe(8)
    expect(program.choices.map((options) => options.map(({ size }) => size))).toEqual(four.map(() => [1, 2, 3]))
    expect(program.atLeast.map(({ count, options }) => [count, options.map(({ option }) => option)])).toEqual([
      [1, [2, 2, 2, 2]],
      [1, [1, 1, 1, 1]],
    ])
    expect(notes).toEqual([])
  })

  it('leaves out what the budget cannot hold, and says so', () => {
    expect(layerProgram(four, [1, 2, 3], 1.5)).toMatchObject({ notes: [{ code: 'top-width-dropped', width: 2 }] })
    expect(layerProgram(four, [1, 2, 3], 1.25)).toMatchObject({ notes: [{ width: 3 }] })
    expect(layerProgram(four, [1, 2, 3], 1)).toMatchObject({ notes: [{ width: 3 }, { width: 2 }] })
    expect(layerProgram(four, [1, 2, 3], 1.5, { topWidths: false })).toMatchObject({ notes: [], program: { atLeast: [] } })
    expect(layerProgram(four.slice(0, 1), [1, 2, 3], 3)).toMatchObject({ notes: [{ width: 2 }] })
    expect(layerProgram(four, [2], 2)).toMatchObject({ notes: [], program: { atLeast: [{ count: 1 }] } })
  })

  it('always has an answer', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 5 }),
        fc.double({ min: 0, max: 4, noNaN: true }),
        (count, widths, more) => {
          const experts = Array.from({ length: count }, (_, index) => expert(1 + index, 1, 8, 7, 6, 5, 4, 3, 2, 1))
          const { program } = layerProgram(experts, widths, Math.min(...widths) + more)
          expect(greedyChoice(program)).not.toBeNull()
        },
      ),
    )
  })

  it('refuses an average below the smallest width, naming it', () => {
    expect(() => layerProgram(four, [2, 3], 1.9)).toThrow(
      expect.objectContaining({ code: 'budget-too-small', details: { averageBits: 1.9, smallestAverageBits: 2 } }),
    )
  })
})

describe('the program over all layers', () => {
  it('weighs each layer and lists the experts layer by layer', () => {
    const program = globalProgram([four, four], [1, 2], { averageBits: 1.5 }, [1, 3])
    expect(program.capacity).toBe(12)
    expect(program.choices[4]?.[0]?.cost).toBeCloseTo(3 * (program.choices[0]?.[0]?.cost ?? NaN), 12)
  })

  it('counts exact bytes and refuses fewer than the smallest, naming them', () => {
    const bytesOf = (layer: number, index: number, width: number): number => 1000 * width + 10 * layer + index
    const program = globalProgram([four, four], [1, 2], { bytes: 9000.5, bytesOf })
    expect(program.capacity).toBe(9000)
    expect(program.choices[5]).toMatchObject([{ size: 1011 }, { size: 2011 }])
    expect(() => globalProgram([four, four], [1, 2], { bytes: 8051, bytesOf })).toThrow(
      expect.objectContaining({ details: { budgetBytes: 8051, smallestBytes: 8052 } }),
    )
  })
})

describe('the program over tensors', () => {
  it("adds up the experts' costs per type", () => {
    const byType = four.map((one, index) => ({ ...one, errors: { 0: index + 1, 1: 1 } }))
    const program = tensorProgram(
      [
        { experts: byType, bytes: [10, 20] },
        { experts: byType, bytes: [5, 9], sensitivity: 2 },
      ],
      25,
    )
    const expected = expertCosts(byType, [0, 1], PAPER_EXPONENTS)
    expect(program.choices[0]?.[0]).toEqual({
      size: 10,
      cost: expect.closeTo(
        expected.reduce((sum, row) => sum + (row[0] ?? NaN), 0),
        12,
      ),
    })
    expect(program.choices[1]?.[1]?.cost).toBeCloseTo(2 * (program.choices[0]?.[1]?.cost ?? NaN), 12)
    expect(() => tensorProgram([{ experts: byType, bytes: [10, 20] }], 9)).toThrow(expect.objectContaining({ code: 'budget-too-small' }))
  })
})

describe('even widths', () => {
  it('spread the wider ones evenly', () => {
    expect(evenWidths(8, 2.5, [1, 2, 3])).toEqual([2, 3, 2, 3, 2, 3, 2, 3])
    expect(evenWidths(4, 2, [1, 2, 3])).toEqual([2, 2, 2, 2])
    expect(evenWidths(3, 9, [4, 2, 8])).toEqual([8, 8, 8])
    expect(() => evenWidths(4, 1.5, [2, 3])).toThrow(expect.objectContaining({ details: { averageBits: 1.5, smallestAverageBits: 2 } }))
  })

  it('come as near to the average as they can without exceeding it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 200, max: 800 }), (count, hundredths) => {
        const sum = evenWidths(count, hundredths / 100, [2, 3, 4, 8]).reduce((a, b) => a + b)
        const step = hundredths < 400 ? 1 : 4
        expect(sum * 100).toBeLessThanOrEqual(hundredths * count)
        expect(sum * 100 + step * 100).toBeGreaterThan(hundredths === 800 ? 0 : hundredths * count)
      }),
    )
  })
})
