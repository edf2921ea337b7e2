import { describe, expect, it } from 'vitest'
import type { CurvePoint } from '../../../src-main/contract/curve.ts'
import { curvePlot, expectedLoss, sizeScale } from '../../../src-renderer/charts/quality-curve.ts'

const point = (fileBytes: number, klDivergence: number): CurvePoint => ({ fileBytes, klDivergence, bitsPerWeight: fileBytes / 1e9 })
const POINTS = [point(1e9, 0.4), point(2e9, 0.1), point(4e9, 0.001)]

describe('the scale of sizes', () => {
  it('is logarithmic: doubling is the same way everywhere, and back', () => {
    const scale = sizeScale(1e9, 8e9)
    expect([1e9, 2e9, 4e9, 8e9].map((bytes) => scale.toShare(bytes))).toEqual([0, expect.closeTo(1 / 3), expect.closeTo(2 / 3), 1])
    expect(scale.toBytes(1 / 3)).toBeCloseTo(2e9, -1)
    expect(scale.toShare(5)).toBe(0)
    expect(scale.toShare(1e12)).toBe(1)
  })
})

describe('the loss expected at a size', () => {
  it('is that of the point there, lies between its neighbors, and ends with the curve', () => {
    expect(expectedLoss(POINTS, 2e9)).toBeCloseTo(0.1)
    const between = expectedLoss(POINTS, 1.5e9) ?? 0
    expect(between).toBeCloseTo(Math.sqrt(0.4 * 0.1))
    expect(expectedLoss(POINTS, 1)).toBe(0.4)
    expect(expectedLoss(POINTS, 1e12)).toBe(0.001)
    expect(expectedLoss([], 1e9)).toBeNull()
  })
})

describe('the plot', () => {
  it('falls from left to right through the bands it names, which fill the box', () => {
    const plot = curvePlot(POINTS, sizeScale(1e9, 4e9))
    const heights = [...(plot?.path.matchAll(/[ML]([\d.]+) ([\d.]+)/g) ?? [])].map(([, x, y]) => [Number(x), Number(y)])
    expect(heights.map(([x]) => x)).toEqual([0, 0.5, 1])
    expect(heights.map(([, y]) => y)).toEqual([...heights.map(([, y]) => y)].sort((a, b) => (a ?? 0) - (b ?? 0)))
    expect(plot?.bands.map((each) => each.band.word)).toEqual(['Clearly worse', 'Noticeable', 'Close', 'Very close'])
    expect(plot?.bands.reduce((sum, each) => sum + each.height, 0)).toBeCloseTo(1)
    const close = plot?.bands.find((each) => each.band.word === 'Close')
    const y = plot?.toY(0.03) ?? -1
    expect(y).toBeGreaterThan(close?.top ?? 2)
    expect(y).toBeLessThan((close?.top ?? 0) + (close?.height ?? 0))
  })

  it('needs two points', () => {
    expect(curvePlot(POINTS.slice(0, 1), sizeScale(1, 2))).toBeNull()
  })
})
