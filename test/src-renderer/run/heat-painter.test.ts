// @vitest-environment happy-dom
import { expect, it } from 'vitest'
import { HeatPainter } from '../../../src-renderer/charts/paint-heat.ts'
import { coverageHeat } from '../../../src-renderer/run/coverage-data.ts'
import { cover, newCoverage } from '../../../src-renderer/stores/live-coverage.ts'

it('paints only the rows that changed, and those the cursor left and came to', () => {
  let cells = 0
  const context = { scale: () => undefined, clearRect: () => undefined, fillRect: () => { cells += 1 }, fillStyle: '', globalAlpha: 1 }
  const canvas = document.createElement('canvas')
  Object.defineProperty(canvas, 'getContext', { value: () => context })
  const painter = new HeatPainter(canvas)
  const coverage = newCoverage()
  const data = coverageHeat(coverage, 48, 128)
  const view = { width: 900, rowHeight: 6, inks: { steps: ['white', 'black'], cursor: 'red', mark: 'blue' }, cursor: null }
  painter.all(data, view)
  expect(cells).toBe(48 * 128)
  cells = 0
  cover(coverage, 7, Array.from({ length: 128 }, () => 100))
  expect(painter.changed(data, view)).toBe(1)
  expect(cells).toBe(128)
  expect(painter.changed(data, view)).toBe(0)
  expect(painter.changed(data, { ...view, cursor: { row: 3, column: 1 } })).toBe(1)
  expect(painter.changed(data, { ...view, cursor: { row: 4, column: 1 } })).toBe(2)
  expect(painter.changed(data, view)).toBe(1)
})
