import type { CurvePoint } from '../../src-main/contract/curve.ts'
import { QUALITY_BANDS, type QualityBand } from '../words/quality.ts'

/** A logarithmic line between the smallest and the largest size: where doubling is always the same way. Shares are 0..1. */
export interface SizeScale {
  toShare(bytes: number): number
  toBytes(share: number): number
}

/** The scale from `smallest` to `largest` bytes. */
export function sizeScale(smallest: number, largest: number): SizeScale {
  const span = Math.max(Math.log(largest / smallest), 1e-9)
  return {
    toShare: (bytes) => Math.min(1, Math.max(0, Math.log(Math.max(1, bytes) / smallest) / span)),
    toBytes: (share) => Math.round(smallest * Math.exp(span * share)),
  }
}

/** Smallest loss that is drawn: below it nobody can tell losses apart. */
const LEAST_LOSS = 0.001

/** The loss expected at a size, between its neighbours on the curve; beyond its ends that of the end. Null without points. */
export function expectedLoss(points: readonly CurvePoint[], bytes: number): number | null {
  const above = points.findIndex((point) => point.fileBytes >= bytes)
  const right = points[above === -1 ? points.length - 1 : above]
  const left = points[above - 1]
  if (right === undefined) return null
  if (left === undefined || above === -1) return right.klDivergence
  const share = (bytes - left.fileBytes) / (right.fileBytes - left.fileBytes)
  return Math.exp(log(left.klDivergence) * (1 - share) + log(right.klDivergence) * share)
}

const log = (loss: number): number => Math.log(Math.max(loss, 1e-9))

/** The curve in a box of 1 by 1, most loss at the top, both axes logarithmic. */
interface CurvePlot {
  readonly path: string
  /** Stripes of the quality bands in sight, top to bottom. */
  readonly bands: readonly { readonly band: QualityBand; readonly top: number; readonly height: number }[]
  /** Height of a loss in the box. */
  toY(loss: number): number
}

/** Draws a curve over a scale of sizes; null with fewer than two points. */
export function curvePlot(points: readonly CurvePoint[], scale: SizeScale): CurvePlot | null {
  if (points.length < 2) return null
  const losses = points.map((point) => Math.max(LEAST_LOSS, point.klDivergence))
  // One band beside the curve stays in sight, so that the words around it can be read.
  const high = Math.max(0.3, ...losses) * 1.15
  const low = Math.min(0.008, ...losses) / 1.15
  const toY = (loss: number): number => Math.min(1, Math.max(0, Math.log(high / Math.max(loss, low)) / Math.log(high / low)))
  const path = points
    .map((point, index) => `${index === 0 ? 'M' : 'L'}${scale.toShare(point.fileBytes).toFixed(4)} ${toY(point.klDivergence).toFixed(4)}`)
    .join('')
  const bands = [...QUALITY_BANDS].reverse().flatMap((band) => {
    const least = QUALITY_BANDS[QUALITY_BANDS.indexOf(band) - 1]?.below ?? 0
    const [top, bottom] = [toY(Math.min(high, band.below)), least === 0 ? 1 : toY(least)]
    return bottom - top > 0.02 ? [{ band, top, height: bottom - top }] : []
  })
  return { path, bands, toY }
}
