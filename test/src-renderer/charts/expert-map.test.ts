import { describe, expect, it } from 'vitest'
import {
  expertBits,
  expertErrors,
  expertRanks,
  heatOf,
  meanByExpert,
  meanOf,
  rangeOf,
  spreadByLayer,
} from '../../../src-renderer/charts/expert-map.ts'
import { planGrid, typeTotals } from '../../../src-renderer/charts/plan-shape.ts'
import { fakeFactoredPlan, fakePackedPlan } from '../fake/fake-folders.ts'
import { FAKE_MODELS, fakePlan } from '../fake/fake-models.ts'

const [demo] = FAKE_MODELS
if (!demo) throw new Error('The fake has no demo model')
const packed = fakePackedPlan(demo)
const factored = fakeFactoredPlan(demo, 40)

describe('a number for each expert', () => {
  it('is the mean of its matrices by size, and unknown where there is none', () => {
    const values = meanByExpert(
      [
        { layer: 0, expert: 1, value: 2, weight: 1 },
        { layer: 0, expert: 1, value: 5, weight: 2, mark: true },
        { layer: 2, expert: 0, value: 1, weight: 1 },
      ],
      { layers: 1, experts: 3 },
    )
    expect(values).toMatchObject({ layers: 3, experts: 3 })
    expect([values?.at(0, 1), values?.at(2, 0), values?.at(1, 1)]).toEqual([4, 1, NaN])
    expect([values?.marked(0, 1), values?.marked(2, 0)]).toEqual([true, false])
    expect(values && meanOf(values)).toBe(2.5)
    expect(meanByExpert([])).toBeNull()
  })

  it('is the width of a packed expert, without its scales', () => {
    const bits = expertBits(packed)
    const form = packed.form?.layers[1]?.expertGate
    expect(bits?.at(1, 3)).toBe(form?.kind === 'packed' ? form.bits[3] : null)
    expect(bits && rangeOf(bits)).toEqual({ low: 1, high: 4 })
    expect([bits?.marked(0, 5), bits?.marked(0, 4)]).toEqual([true, false])
    expect(expertRanks(packed)).toBeNull()
  })

  it("is the rank of a factored expert; what experts share is nobody's", () => {
    expect(expertRanks(factored)?.at(2, 1)).toBe(
      factored.cells.find((cell) => cell.layer === 2 && cell.expert === 1 && cell.role === 'expertGate')?.rank,
    )
    expect(expertBits(factored)).toBeNull()
  })

  it('is nothing in a plan or report that knows no single experts', () => {
    expect(expertBits(fakePlan(demo, 4e6))).toBeNull()
    expect(
      expertErrors([{ tensor: 't', layer: 0, role: 'expertGate', from: 'BF16', to: 'Q4_K', bytes: 1, weights: 2, relativeError: 0.1 }]),
    ).toBeNull()
  })

  it('is colored from the lowest to the highest, and in the middle when all are equal', () => {
    const heat = heatOf({ layers: 1, experts: 3, at: (_, expert) => [2, 4, 3][expert] ?? NaN, marked: () => false })
    expect([heat.value(0, 0), heat.value(0, 1), heat.value(0, 2)]).toEqual([0, 1, 0.5])
    const zero = heatOf({ layers: 1, experts: 2, at: (_, expert) => [3, 4][expert] ?? NaN, marked: () => false }, true)
    expect([zero.value(0, 0), zero.value(0, 1)]).toEqual([0.75, 1])
    const even = heatOf({ layers: 1, experts: 2, at: (_, expert) => (expert === 0 ? 7 : NaN), marked: () => false })
    expect([even.value(0, 0), even.value(0, 1)]).toEqual([0.5, NaN])
  })

  it('reads as a table: lowest, mean and highest by layer', () => {
    const values = meanByExpert(
      [
        [0, 4],
        [1, 1],
        [2, 7],
      ].map(([expert = 0, value = 0]) => ({ layer: 1, expert, value, weight: 1 })),
    )
    expect(values && spreadByLayer(values)).toEqual([{ layer: 1, low: 1, lowAt: 1, mean: 4, high: 7, highAt: 2 }])
  })
})

describe('the shape of a plan that decides expert by expert', () => {
  it('has one place for all experts of a projection, with everything they take', () => {
    const row = planGrid(packed).rows[0]
    const gate = row?.cells[planGrid(packed).roles.indexOf('expertGate')]
    const cells = packed.cells.filter((cell) => cell.layer === 0 && cell.role === 'expertGate')
    expect(gate?.bytes).toBe(cells.reduce((sum, cell) => sum + cell.bytes, 0))
    expect(gate?.detail).toMatch(/^\d\.\d\d bits$/)
    expect(gate?.title).toContain(' × ')
    expect(planGrid(factored).rows[0]?.cells.map((cell) => cell?.detail)).toContainEqual(expect.stringMatching(/^rank \d+–\d+$/))
  })

  it('adds factors up as one type, to every byte', () => {
    const totals = typeTotals(factored.cells)
    expect(totals.map((total) => total.detail).sort()).toEqual(['BF16', 'factors'])
    expect(totals.reduce((sum, total) => sum + total.bytes, 0)).toBe(factored.cells.reduce((sum, cell) => sum + cell.bytes, 0))
  })
})
