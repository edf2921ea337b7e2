import type { Choice } from './knapsack.ts'

/** A corner of a tensor's lower convex hull in (bytes, cost): `pick` is the choice's index in the tensor's list. */
export interface HullPoint extends Choice {
  readonly pick: number
}

/** The choices worth having when bytes can be traded freely: the lower convex hull, by growing bytes and falling cost. */
export function convexHull(choices: readonly Choice[]): HullPoint[] {
  const points = choices.map((choice, pick) => ({ bytes: choice.bytes, cost: choice.cost, pick }))
  points.sort((a, b) => a.bytes - b.bytes || a.cost - b.cost)
  const hull: HullPoint[] = []
  for (const point of points) {
    const last = hull.at(-1)
    if (last !== undefined && point.cost >= last.cost) continue
    while (hull.length >= 2 && gain(hull.at(-2), hull.at(-1)) <= gain(hull.at(-1), point)) hull.pop()
    hull.push(point)
  }
  return hull
}

/** Cost saved per byte going from one corner to a larger one. */
export function gain(from: Choice | undefined, to: Choice | undefined): number {
  if (from === undefined || to === undefined) return 0
  return (from.cost - to.cost) / (to.bytes - from.bytes)
}
