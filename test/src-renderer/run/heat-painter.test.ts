// @vitest-environment happy-dom
import { expect, it } from 'vitest'
import { HeatPainter } from '../../../src-renderer/charts/paint-heat.ts'
import { coverageHeat } from '../../../src-renderer/run/coverage-data.ts'
import { cover, newCoverage } from '../../../src-renderer/stores/live-coverage.ts'

/** A canvas that keeps what is put on it. */
function paper(): { canvas: HTMLCanvasElement; rows: Map<number, Uint32Array> } {
  const rows = new Map<number, Uint32Array>()
  const context = {
    createImageData: (width: number, height: number) => ({ width, height, data: new Uint8ClampedArray(width * height * 4) }),
    putImageData: (image: ImageData, _x: number, y: number) => rows.set(y / image.height, new Uint32Array(image.data.slice().buffer)),
  }
  const canvas = document.createElement('canvas')
  Object.defineProperty(canvas, 'getContext', { value: () => context })
  return { canvas, rows }
}

const INKS = { steps: Uint32Array.of(10, 20), unknown: 1, cursor: 3, mark: 4 }

it('paints only the rows that changed, and those the cursor left and came to', () => {
  const { canvas, rows } = paper()
  const painter = new HeatPainter(canvas)
  const coverage = newCoverage()
  const data = coverageHeat(coverage, 48, 128)
  const view = { width: 640, rowHeight: 6, inks: INKS, cursor: null }
  painter.all(data, view)
  expect(rows.size).toBe(48)
  cover(
    coverage,
    7,
    Array.from({ length: 128 }, () => 100),
  )
  expect(painter.changed(data, view)).toBe(1)
  expect(rows.get(7)?.every((pixel) => pixel === 20)).toBe(true)
  expect(rows.get(6)?.every((pixel) => pixel === 1)).toBe(true)
  expect(painter.changed(data, view)).toBe(0)
  expect(painter.changed(data, { ...view, cursor: { row: 3, column: 1 } })).toBe(1)
  expect(painter.changed(data, { ...view, cursor: { row: 4, column: 1 } })).toBe(2)
  expect(painter.changed(data, view)).toBe(1)
})

it('outlines cold experts and leaves gaps between large cells', () => {
  const { canvas, rows } = paper()
  const coverage = newCoverage()
  cover(coverage, 0, [100, 0])
  new HeatPainter(canvas).all(coverageHeat(coverage, 1, 2), { width: 20, rowHeight: 8, inks: INKS, cursor: null })
  const line = (at: number): number[] => [...(rows.get(0)?.slice(at * 20, (at + 1) * 20) ?? [])]
  expect(line(3)).toEqual([...Array.from({ length: 9 }, () => 20), 0, 4, 4, ...Array.from({ length: 5 }, () => 10), 4, 4, 0])
  expect(line(0)).toEqual([...Array.from({ length: 9 }, () => 20), 0, ...Array.from({ length: 9 }, () => 4), 0])
  expect(line(7).every((pixel) => pixel === 0)).toBe(true)
})
