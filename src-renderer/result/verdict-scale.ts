import { QUALITY_BANDS } from '../words/quality.ts'

/**
 * Where a KL divergence lies on the scale of bands drawn equally wide, 0..1: straight within a band, and never beyond the last one's
 * middle.
 */
export function placeOnScale(klDivergence: number): number {
  const index = QUALITY_BANDS.findIndex((band) => klDivergence < band.below)
  const at = index < 0 ? QUALITY_BANDS.length - 1 : index
  const low = QUALITY_BANDS[at - 1]?.below ?? 0
  const high = QUALITY_BANDS[at]?.below ?? Infinity
  const within = Number.isFinite(high) ? (klDivergence - low) / (high - low) : 1 - low / Math.max(low, klDivergence)
  return (at + Math.min(1, Math.max(0, within))) / QUALITY_BANDS.length
}
