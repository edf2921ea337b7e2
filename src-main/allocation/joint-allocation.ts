import { allocate } from './knapsack.ts'

/** One way to store a tensor. Costs are finite and not negative. */
export interface JointChoice {
  readonly bytes: number
  /** Adds up over tensors. */
  readonly smooth: number
  /** Adds up over tensors under a root. */
  readonly switching: number
}

/** One choice per tensor; `cost` = sum of smooth + root of the sum of switching. */
export interface JointAllocation {
  readonly picks: readonly number[]
  readonly bytes: number
  readonly cost: number
}

/** An answer as a point: A = sum of smooth, S = sum of switching. `weight`: it minimizes A + weight S (Infinity: S alone). */
interface Point {
  readonly weight: number
  readonly smooth: number
  readonly switching: number
  readonly picks: readonly number[]
  readonly bytes: number
}

/** Answers closer than this, relatively, count as equal. */
const TOLERANCE = 1e-9

/**
 * One choice per tensor within `budgetBytes` with the least A + sqrt(S). Exact: the root is concave, so the best answer lies on the lower
 * hull of all (A, S), where it is also the best for some additive cost A + weight S. The hull is searched by halving between answers
 * already known, leaving out every stretch whose corner, the best any answer in it could be, is no better than what is known.
 * @throws ExpectedError 'budget-too-small' with `smallestBytes`
 */
export function allocateJointly(tensors: readonly (readonly JointChoice[])[], budgetBytes: number): JointAllocation {
  const solve = (weight: number): Point => solveFor(tensors, budgetBytes, weight)
  const ends: [Point, Point] = [solve(0), solve(Infinity)]
  let best = costOf(ends[0]) <= costOf(ends[1]) ? ends[0] : ends[1]
  const open: [Point, Point][] = [ends]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [left, right] = next
    const weight = (right.smooth - left.smooth) / (left.switching - right.switching)
    if (!(weight > 0) || !Number.isFinite(weight) || costOf(corner(left, right)) >= costOf(best) * (1 - TOLERANCE)) continue
    const middle = solve(weight)
    const value = (point: Point): number => point.smooth + weight * point.switching
    if (value(middle) >= value(left) * (1 - TOLERANCE)) continue
    if (costOf(middle) < costOf(best)) best = middle
    open.push([left, middle], [middle, right])
  }
  return { picks: best.picks, bytes: best.bytes, cost: costOf(best) }
}

function costOf(point: Pick<Point, 'smooth' | 'switching'>): number {
  return point.smooth + Math.sqrt(Math.max(0, point.switching))
}

function solveFor(tensors: readonly (readonly JointChoice[])[], budgetBytes: number, weight: number): Point {
  const cost = (choice: JointChoice): number => (weight === Infinity ? choice.switching : choice.smooth + weight * choice.switching)
  const { picks, bytes } = allocate(
    tensors.map((choices) => choices.map((choice) => ({ bytes: choice.bytes, cost: cost(choice) }))),
    budgetBytes,
  )
  const total = (part: 'smooth' | 'switching'): number => {
    return tensors.reduce((sum, choices, index) => sum + (choices[picks[index] as number] as JointChoice)[part], 0)
  }
  return { weight, picks, bytes, smooth: total('smooth'), switching: total('switching') }
}

/** Where the two lines meet that no answer lies below: A + weight S through each point. */
function corner(left: Point, right: Point): Pick<Point, 'smooth' | 'switching'> {
  const leftValue = left.smooth + left.weight * left.switching
  if (right.weight === Infinity) return { smooth: leftValue - left.weight * right.switching, switching: right.switching }
  const rightValue = right.smooth + right.weight * right.switching
  const switching = (rightValue - leftValue) / (right.weight - left.weight)
  return { smooth: leftValue - left.weight * switching, switching }
}
