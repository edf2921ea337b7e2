import { gain } from './convex-hull.ts'
import type { HullPoint } from './convex-hull.ts'

/** One step along a tensor's hull: `tensor` goes to corner `corner`. */
interface Step {
  readonly tensor: number
  readonly corner: number
  readonly bytes: number
  readonly saved: number
  readonly gain: number
}

/** All steps of the tensors from some index on, best gain first, with running sums, and their starting point. */
interface Suffix {
  readonly startBytes: number
  readonly startCost: number
  /** Bytes and cost saved after the first i steps. (steps + 1) */
  readonly bytes: Float64Array
  readonly saved: Float64Array
}

/** The knapsack had choices been divisible: hull steps taken by gain per byte, the last one in part. */
export interface LinearRelaxation {
  /** The least cost the tensors from `first` on can have within `bytes`; Infinity when nothing fits. */
  after(first: number, bytes: number): number
  /** A good whole answer: hull steps by gain per byte, skipping those that no longer fit. */
  greedy(budgetBytes: number): { picks: number[]; bytes: number; cost: number }
}

/** Prepares the relaxation for the hulls of all tensors, and for every tail of that list. */
export function relax(hulls: readonly (readonly HullPoint[])[]): LinearRelaxation {
  const steps = hulls.flatMap(stepsOf).sort((a, b) => b.gain - a.gain || a.tensor - b.tensor || a.corner - b.corner)
  const suffixes = Array.from({ length: hulls.length + 1 }, (_, first) => sumFrom(hulls, steps, first))
  return {
    after: (first, bytes) => costWithin(suffixes[first] as Suffix, bytes),
    greedy: (budgetBytes) => takeWhileFitting(hulls, steps, budgetBytes),
  }
}

function costWithin(suffix: Suffix, bytes: number): number {
  const room = bytes - suffix.startBytes
  if (room < 0) return Infinity
  const whole = lastAtMost(suffix.bytes, room)
  const savedWhole = suffix.saved[whole] as number
  const nextBytes = suffix.bytes[whole + 1]
  if (nextBytes === undefined) return suffix.startCost - savedWhole
  const wholeBytes = suffix.bytes[whole] as number
  const part = (room - wholeBytes) / (nextBytes - wholeBytes)
  return suffix.startCost - savedWhole - part * ((suffix.saved[whole + 1] as number) - savedWhole)
}

function takeWhileFitting(
  hulls: readonly (readonly HullPoint[])[],
  steps: readonly Step[],
  budgetBytes: number,
): { picks: number[]; bytes: number; cost: number } {
  const corners = hulls.map(() => 0)
  let bytes = hulls.reduce((sum, hull) => sum + (hull[0]?.bytes ?? 0), 0)
  for (const step of steps) {
    if (corners[step.tensor] !== step.corner - 1 || bytes + step.bytes > budgetBytes) continue
    corners[step.tensor] = step.corner
    bytes += step.bytes
  }
  const points = hulls.map((hull, tensor) => hull[corners[tensor] ?? 0])
  const cost = points.reduce((sum, point) => sum + (point?.cost ?? 0), 0)
  return { picks: points.map((point) => point?.pick ?? 0), bytes, cost }
}

function stepsOf(hull: readonly HullPoint[], tensor: number): Step[] {
  return hull.slice(1).map((to, index) => {
    const from = hull[index] as HullPoint
    return { tensor, corner: index + 1, bytes: to.bytes - from.bytes, saved: from.cost - to.cost, gain: gain(from, to) }
  })
}

function sumFrom(hulls: readonly (readonly HullPoint[])[], steps: readonly Step[], first: number): Suffix {
  const own = steps.filter((step) => step.tensor >= first)
  const bytes = new Float64Array(own.length + 1)
  const saved = new Float64Array(own.length + 1)
  for (const [index, step] of own.entries()) {
    bytes[index + 1] = (bytes[index] as number) + step.bytes
    saved[index + 1] = (saved[index] as number) + step.saved
  }
  const rest = hulls.slice(first)
  const startBytes = rest.reduce((sum, hull) => sum + (hull[0]?.bytes ?? 0), 0)
  const startCost = rest.reduce((sum, hull) => sum + (hull[0]?.cost ?? 0), 0)
  return { startBytes, startCost, bytes, saved }
}

/** Largest index whose value is at most `limit`, in growing `values` that start at 0. */
function lastAtMost(values: Float64Array, limit: number): number {
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((values[middle] as number) <= limit) low = middle
    else high = middle - 1
  }
  return low
}
