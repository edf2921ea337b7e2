import type { CurvePoint, QualityCurve } from '../contract/curve.ts'

/** Above this a model is called clearly worse, nats per token: the end of what the app calls noticeable. */
const STILL_OF_USE = 0.15
/** Half of what the app calls very close: predictions were up to a fifth too low on text not calibrated on. */
const NOT_NOTICED = 0.005

/** Plans spent on each threshold: a gap between two sizes of a tenth is halved to half a percent. */
const HALVINGS = 4

/** The points, and between those that a threshold lies between, more of them. */
export async function addStops(points: readonly CurvePoint[], pointAt: (bytes: number) => Promise<CurvePoint>): Promise<CurvePoint[]> {
  const all = [...points]
  for (const threshold of [STILL_OF_USE, NOT_NOTICED]) {
    let above = points.findLast((point) => point.klDivergence >= threshold)
    let below = points.find((point) => point.klDivergence < threshold)
    for (let i = 0; i < HALVINGS && above !== undefined && below !== undefined; i++) {
      const point = await pointAt(Math.floor(Math.sqrt(above.fileBytes * below.fileBytes)))
      if (point.fileBytes <= above.fileBytes || point.fileBytes >= below.fileBytes) break
      all.push(point)
      if (point.klDivergence < threshold) below = point
      else above = point
    }
  }
  return all
}

/**
 * Small: the smallest point below 'still of use', or else the one that loses least. Careful: the smallest below 'not noticed', or else the
 * same. Balanced: the knee between them, the point furthest below the straight line from small to careful, sizes and losses both scaled to
 * 0..1; beside a curve with no point between them it is careful.
 * @param points by rising size and falling loss
 */
export function stopsOf(points: readonly CurvePoint[]): QualityCurve['stops'] {
  const last = points.at(-1)
  if (last === undefined) return null
  const small = points.find((point) => point.klDivergence < STILL_OF_USE) ?? last
  const careful = points.find((point) => point.klDivergence < NOT_NOTICED && point.fileBytes > small.fileBytes) ?? last
  const between = points.filter((point) => point.fileBytes > small.fileBytes && point.fileBytes < careful.fileBytes)
  const below = (point: CurvePoint): number => {
    const size = (point.fileBytes - small.fileBytes) / (careful.fileBytes - small.fileBytes)
    const loss = (point.klDivergence - careful.klDivergence) / (small.klDivergence - careful.klDivergence)
    return 1 - size - loss
  }
  const balanced = between.reduce<CurvePoint | null>((best, point) => (best === null || below(point) > below(best) ? point : best), null)
  return { small, balanced: balanced ?? careful, careful }
}
