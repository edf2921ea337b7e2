import { describe, expect, it } from 'vitest'
import { coverageHeat } from '../../../src-renderer/run/coverage-data.ts'
import { cover, newCoverage } from '../../../src-renderer/stores/live-coverage.ts'

describe('coverage', () => {
  it('is counted by expert, however often a layer is told', () => {
    const coverage = newCoverage()
    cover(coverage, 0, [100, 0, 64])
    cover(coverage, 2, [1, 2, 400])
    expect([coverage.experts, coverage.warm]).toEqual([6, 3])
    cover(coverage, 0, [100, 70, 64])
    expect([coverage.experts, coverage.warm]).toEqual([6, 4])
  })

  it('is a share of the busiest expert of the layer, and unknown where not measured', () => {
    const coverage = newCoverage()
    cover(coverage, 0, [100, 0, 64])
    cover(coverage, 2, [1, 2, 400])
    const heat = coverageHeat(coverage, 3, 3)
    expect([heat.value(0, 0), heat.value(0, 1), heat.value(2, 2)]).toEqual([1, 0, 1])
    expect(heat.value(1, 0)).toBeNaN()
    expect([heat.marked(0, 1), heat.marked(0, 2), heat.marked(1, 0)]).toEqual([true, false, false])
    cover(coverage, 0, [25, 0, 400])
    expect(heat.value(0, 0)).toBe(0.25)
  })

  it('tells which rows changed', () => {
    const coverage = newCoverage()
    const heat = coverageHeat(coverage, 3, 3)
    cover(coverage, 1, [1, 2, 3])
    cover(coverage, 1, [2, 2, 3])
    expect([0, 1, 2].map((row) => heat.live?.revisionOf(row))).toEqual([0, 2, 0])
  })
})
