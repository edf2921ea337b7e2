import type { ErrorCost } from './error-table.ts'

/** One measurement: storing the tensor with this error power cost this much KL divergence (nats per token). */
export interface DivergencePoint {
  readonly power: number
  readonly divergence: number
}

/**
 * How divergence grows with error power D:  KL(D) = smooth D + switching sqrt(D), both coefficients >= 0.
 * Small errors move every logit a little (power of the error); where a router's choice is close, they also switch experts, and how often
 * that happens grows with the error's amplitude. Measured on wiki-moe16: matrices behind the last router follow the first term within 10 %
 * from 8 to 2 bits, matrices before a router need both.
 */
export interface DivergenceCurve {
  readonly smooth: number
  readonly switching: number
}

/** Smaller divergences are rounding of float32, not measurements. */
const NOISE = 1e-9

/** Divergence the curve predicts at error power `power`. */
export function divergenceAt(curve: DivergenceCurve, power: number): number {
  return curve.smooth * power + curve.switching * Math.sqrt(power)
}

/** The same as what a plan adds up: the switching part squared, so that powers of different tensors add under one root. */
export function costAt(curve: DivergenceCurve, power: number): ErrorCost {
  return { smooth: curve.smooth * power, switching: curve.switching ** 2 * power }
}

/**
 * The curve with the least squared relative error over `points`. Points without error or measurable divergence say nothing; with none left
 * the curve is flat.
 */
export function fitDivergence(points: readonly DivergencePoint[]): DivergenceCurve {
  const used = points.filter(({ power, divergence }) => power > 0 && divergence > NOISE)
  if (used.length === 0) return { smooth: 0, switching: 0 }
  const rows = used.map(({ power, divergence }) => ({ x: power / divergence, y: Math.sqrt(power) / divergence }))
  const total = (value: (row: { x: number; y: number }) => number): number => rows.reduce((sum, row) => sum + value(row), 0)
  const [xx, xy, yy, x, y] = [
    total((r) => r.x * r.x),
    total((r) => r.x * r.y),
    total((r) => r.y * r.y),
    total((r) => r.x),
    total((r) => r.y),
  ]
  const determinant = xx * yy - xy * xy
  const candidates: DivergenceCurve[] = [
    { smooth: x / xx, switching: 0 },
    { smooth: 0, switching: y / yy },
  ]
  if (determinant > 1e-9 * xx * yy) candidates.push({ smooth: (x * yy - y * xy) / determinant, switching: (y * xx - x * xy) / determinant })
  const sound = candidates.filter((curve) => curve.smooth >= 0 && curve.switching >= 0)
  return sound.reduce((best, curve) => (misfit(curve, used) < misfit(best, used) ? curve : best))
}

function misfit(curve: DivergenceCurve, points: readonly DivergencePoint[]): number {
  return points.reduce((sum, { power, divergence }) => sum + (divergenceAt(curve, power) / divergence - 1) ** 2, 0)
}
