import type { RunEvent } from '../../src-main/contract/events.ts'

type LearningEvent = Extract<RunEvent, { kind: 'learning' }>
export interface LearningPoint {
  readonly step: number
  readonly error: number
}

/** How one projection of one layer was learned, from the first step to the last. */
export interface Curve {
  readonly layer: number
  readonly role: string
  points: LearningPoint[]
  last: LearningPoint
  /** Every how many steps a point is kept. */
  every: number
}

/** Everything a run told about its learning. Mutable and large: pages watch a revision beside it. */
export interface Learning {
  readonly curves: Map<string, Curve>
  /** The error of each expert when its projection was done, by `layer role expert`. */
  readonly experts: Map<string, { readonly layer: number; readonly expert: number; readonly error: number }>
  /** The curve being learned. */
  current: string | null
}

/** Points kept of one curve: more than a screen shows. */
const MOST_POINTS = 400

export function newLearning(): Learning {
  return { curves: new Map(), experts: new Map(), current: null }
}

/** Takes a step in. When a curve is full, every second point goes, so that it keeps its whole length. */
export function learn(learning: Learning, event: LearningEvent): void {
  const { layer, role, expert, step, error } = event
  if (expert !== null) {
    learning.experts.set(`${layer} ${role} ${expert}`, { layer, expert, error })
    return
  }
  const key = `${layer} ${role}`
  const point = { step, error }
  const curve = learning.curves.get(key) ?? { layer, role, points: [], last: point, every: 1 }
  learning.curves.set(key, curve)
  learning.current = key
  // A run that goes on after a stop repeats the steps since the last state it kept.
  if (step <= curve.last.step) curve.points = curve.points.filter((kept) => kept.step < step)
  curve.last = point
  const before = curve.points.at(-1)
  if (before !== undefined && step - before.step < curve.every) return
  curve.points.push(point)
  if (curve.points.length < MOST_POINTS) return
  curve.points = curve.points.filter((_, index) => index % 2 === 0)
  curve.every *= 2
}
