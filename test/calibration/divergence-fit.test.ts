import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { divergenceAt, fitDivergence } from '../../src-main/calibration/divergence-fit.ts'

const coefficient = fc.double({ min: 1e-6, max: 10, noNaN: true })
const power = fc.double({ min: 1e-6, max: 1, noNaN: true })

describe('fitDivergence', () => {
  it('finds the curve it was given points of', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 10, noNaN: true }), fc.double({ min: 1e-3, max: 10, noNaN: true }), (smooth, switching) => {
        const points = [1e-4, 3e-3, 0.1].map((at) => ({ power: at, divergence: divergenceAt({ smooth, switching }, at) }))
        const found = fitDivergence(points)
        expect(found.smooth).toBeCloseTo(smooth, 4)
        expect(found.switching).toBeCloseTo(switching, 4)
      }),
    )
  })

  it('never predicts less for more error, nor less than nothing, whatever was measured', () => {
    const point = fc.record({ power, divergence: fc.double({ min: 0, max: 1, noNaN: true }) })
    fc.assert(
      fc.property(fc.array(point, { maxLength: 6 }), power, power, (points, a, b) => {
        const curve = fitDivergence(points)
        expect(divergenceAt(curve, Math.min(a, b))).toBeLessThanOrEqual(divergenceAt(curve, Math.max(a, b)))
        expect(divergenceAt(curve, 0)).toBe(0)
      }),
    )
  })

  it('passes through a single point and is flat without any', () => {
    fc.assert(
      fc.property(power, coefficient, (at, divergence) => {
        expect(divergenceAt(fitDivergence([{ power: at, divergence }]), at) / divergence).toBeCloseTo(1, 6)
      }),
    )
    expect(
      fitDivergence([
        { power: 0, divergence: 1 },
        { power: 1, divergence: 0 },
      ]),
    ).toEqual({ smooth: 0, switching: 0 })
  })
})
