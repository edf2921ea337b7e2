import { describe, expect, it } from 'vitest'
import { bitsStep } from '../../../src-renderer/charts/bits-scale.ts'
import { parseRgb, rampColor } from '../../../src-renderer/charts/heat-colors.ts'
import { outsideCells, planGrid, typeTotals } from '../../../src-renderer/charts/plan-shape.ts'
import { visibleRows } from '../../../src-renderer/ui/virtual-rows.ts'
import { FAKE_MODELS, fakePlan } from '../fake/fake-models.ts'

const large = FAKE_MODELS.find((model) => model.experts === 128)
if (!large) throw new Error('The fake has no large model')
const plan = fakePlan(large, 16e9)

describe('the shape of a plan', () => {
  it('adds up to every byte of its cells', () => {
    const totals = typeTotals(plan.cells)
    expect(totals.reduce((sum, total) => sum + total.bytes, 0)).toBe(plan.cells.reduce((sum, cell) => sum + cell.bytes, 0))
    const bits = totals.map((total) => total.bytes / total.weights)
    expect(bits).toEqual([...bits].sort((a, b) => b - a))
  })

  it('is a grid of every layer by every role that has a choice', () => {
    const grid = planGrid(plan)
    expect(grid.rows.map((row) => row.layer)).toEqual(Array.from({ length: 48 }, (_, layer) => layer))
    expect(grid.roles).toEqual(['query', 'key', 'value', 'attentionOutput', 'expertGate', 'expertUp', 'expertDown'])
    expect(grid.rows.every((row) => row.cells.every((cell) => cell !== null))).toBe(true)
    expect(outsideCells(plan).map((cell) => cell.role)).toEqual(['embedding'])
  })
})

describe('colors', () => {
  it.each([
    [32, 'bits-16'],
    [16, 'bits-16'],
    [8.5, 'bits-8'],
    [6.5625, 'bits-6'],
    [5.5, 'bits-5'],
    [4.5, 'bits-4'],
    [3.4375, 'bits-3'],
    [2.625, 'bits-2'],
  ])('%d bits are %s', (bits, id) => {
    expect(bitsStep((bits * 256) / 8, 256).id).toBe(id)
  })

  it('runs straight between the stops of a ramp', () => {
    const ramp = [
      [0, 0, 0],
      [100, 200, 50],
      [200, 0, 250],
    ] as const
    expect(rampColor(ramp, 0)).toEqual([0, 0, 0])
    expect(rampColor(ramp, 0.25)).toEqual([50, 100, 25])
    expect(rampColor(ramp, 1)).toEqual([200, 0, 250])
    expect(rampColor(ramp, 7)).toEqual([200, 0, 250])
    expect(parseRgb('rgb(1, 22, 255)')).toEqual([1, 22, 255])
  })
})

describe('a long table', () => {
  it('draws what is in sight and a little more', () => {
    expect(visibleRows(18_000, 34, 0, 400)).toEqual({ first: 0, last: 20 })
    expect(visibleRows(18_000, 34, 34_000, 400)).toEqual({ first: 992, last: 1020 })
    expect(visibleRows(5, 34, 0, 400)).toEqual({ first: 0, last: 5 })
    expect(visibleRows(5, 34, 99_999, 400)).toEqual({ first: 0, last: 5 })
  })
})
