import type { CurvePoint, QualityCurve } from '../contract/curve.ts'
import type { Recipe } from '../contract/recipe.ts'
import { budgetOf } from './budget-of.ts'
import { groundOf, planWithin, predictsLoss } from './curve-ground.ts'
import { addStops, stopsOf } from './curve-stops.ts'
import type { JobFolders } from './job.ts'
import type { KnownSource } from './known-source.ts'
import { wayOf } from './way.ts'

/** Sizes planned between the smallest and the largest, both included. */
const SIZES = 10

const NO_CURVE: QualityCurve = { basis: null, points: [], stops: null }

/**
 * Size against predicted loss, from real plans at sizes of equal ratios and at those that find the stops. Nothing is measured for it.
 * Throws ExpectedError 'method-unknown', 'method-not-applicable' or 'request-invalid'.
 */
export async function qualityCurve(recipe: Recipe, known: KnownSource, folders: JobFolders): Promise<QualityCurve> {
  const way = wayOf(recipe)
  if (!predictsLoss(way)) return NO_CURVE
  const { errors, basis } = await groundOf(recipe, known, folders)
  const whole = { ...recipe, budget: { kind: 'percent', percent: 100 } as const }
  const { smallestBytes, largestBytes } = budgetOf(whole, known.source)
  const pointAt = async (bytes: number): Promise<CurvePoint> => {
    const plan = await planWithin(recipe, way, known.source, errors, { kind: 'bytes', bytes })
    return { fileBytes: plan.bytes, bitsPerWeight: plan.bitsPerWeight, klDivergence: plan.expectedError ?? 0 }
  }
  const points: CurvePoint[] = []
  for (let i = 0; i < SIZES; i++) points.push(await pointAt(Math.ceil(smallestBytes * (largestBytes / smallestBytes) ** (i / (SIZES - 1)))))
  const curve = await addStops(rising(points), pointAt)
  return { basis, points: rising(curve), stops: stopsOf(rising(curve)) }
}

/** By rising size, each point once, and none that loses as much as a smaller one. */
function rising(points: readonly CurvePoint[]): CurvePoint[] {
  const kept: CurvePoint[] = []
  for (const point of [...points].sort((a, b) => a.fileBytes - b.fileBytes || a.klDivergence - b.klDivergence)) {
    if (point.klDivergence < (kept.at(-1)?.klDivergence ?? Infinity)) kept.push(point)
  }
  return kept
}
