import { ExpectedError } from '../contract/errors.ts'
import { convexHull } from './convex-hull.ts'
import { relax } from './linear-relaxation.ts'
import type { LinearRelaxation } from './linear-relaxation.ts'

/** One way to store a tensor: what it takes and what it costs. Bytes are whole, costs are finite and not negative. */
export interface Choice {
  readonly bytes: number
  readonly cost: number
}

/** One choice per tensor. */
export interface Allocation {
  /** Index of the choice taken, per tensor. */
  readonly picks: readonly number[]
  readonly bytes: number
  readonly cost: number
  /** No allocation within the budget costs less than this; equals `cost` when the answer is proven best. */
  readonly lowerBound: number
}

/**
 * Partial answers kept side by side at most. Plans of real models stay far below; beyond it the answer is best-found, with its gap stated.
 */
const MAX_STATES = 20_000

/** A choice for each tensor so far; `parent` leads back to the choices before it. */
interface State {
  readonly bytes: number
  readonly cost: number
  readonly pick: number
  readonly parent: State | null
}

/** A whole answer. */
interface Answer {
  readonly picks: readonly number[]
  readonly cost: number
}

/** Partial answers kept in the first sweep, which only looks for a good answer to measure others against. */
const SCOUT_STATES = 64

/**
 * The multiple-choice knapsack: one choice per tensor, total bytes at most `budgetBytes`, total cost least.
 * Exact: partial answers are kept while no other is both smaller and cheaper and while the linear relaxation of the rest can
 * still beat the best answer known, which comes from hull steps by gain per byte and a first narrow sweep.
 * @throws ExpectedError 'budget-too-small' with the nearest possible budget, `smallestBytes`
 */
export function allocate(tensors: readonly (readonly Choice[])[], budgetBytes: number, maxStates: number = MAX_STATES): Allocation {
  const smallestBytes = tensors.reduce((sum, choices) => sum + Math.min(...choices.map((choice) => choice.bytes)), 0)
  if (smallestBytes > budgetBytes) throw new ExpectedError('budget-too-small', { budgetBytes, smallestBytes })
  const order = largestFirst(tensors)
  const ordered = order.map((index) => tensors[index] as readonly Choice[])
  const bound = relax(ordered.map(convexHull))
  const scouted = sweep(ordered, budgetBytes, Math.min(SCOUT_STATES, maxStates), bound, bound.greedy(budgetBytes))
  const { best, lowerBound } = sweep(ordered, budgetBytes, maxStates, bound, scouted.best)
  const picks = new Array<number>(tensors.length)
  for (const [position, index] of order.entries()) picks[index] = best.picks[position] as number
  const found = total(tensors, picks)
  return { ...found, picks, lowerBound: Math.min(lowerBound, found.cost) }
}

/**
 * Tensor numbers by falling size: with the large ones settled, the relaxation of the small rest is nearly exact, so few partial answers
 * stay open.
 */
function largestFirst(tensors: readonly (readonly Choice[])[]): number[] {
  const sizes = tensors.map((choices) => Math.max(...choices.map((choice) => choice.bytes)))
  return tensors.map((_, index) => index).sort((a, b) => (sizes[b] as number) - (sizes[a] as number) || a - b)
}

/** Goes through the tensors once with at most `limit` partial answers; `lowerBound` is below every answer that was let go. */
function sweep(
  tensors: readonly (readonly Choice[])[],
  budgetBytes: number,
  limit: number,
  bound: LinearRelaxation,
  known: Answer,
): { best: Answer; lowerBound: number } {
  const tolerance = 1e-12 * Math.max(known.cost, Number.MIN_VALUE)
  let lowerBound = Infinity
  let states: State[] = [{ bytes: 0, cost: 0, pick: -1, parent: null }]
  for (const [index, choices] of tensors.entries()) {
    const boundOf = (state: State): number => state.cost + bound.after(index + 1, budgetBytes - state.bytes)
    const alive = undominated(expand(states, choices)).filter((state) => boundOf(state) <= known.cost + tolerance)
    const kept = mostPromising(alive, limit, boundOf)
    lowerBound = Math.min(lowerBound, kept.boundOfDropped)
    states = kept.states
  }
  const last = cheapest(states)
  const best = last === null || last.cost > known.cost ? known : { picks: trace(last, tensors.length), cost: last.cost }
  return { best, lowerBound }
}

/** Every state followed by every choice. */
function expand(states: readonly State[], choices: readonly Choice[]): State[] {
  return states.flatMap((parent) =>
    choices.map((choice, pick) => {
      return { bytes: parent.bytes + choice.bytes, cost: parent.cost + choice.cost, pick, parent }
    }),
  )
}

/** The states no other beats in both bytes and cost, by growing bytes. */
function undominated(states: State[]): State[] {
  states.sort((a, b) => a.bytes - b.bytes || a.cost - b.cost)
  const kept: State[] = []
  let least = Infinity
  for (const state of states) {
    if (state.cost >= least) continue
    least = state.cost
    kept.push(state)
  }
  return kept
}

/** At most `limit` states, those with the lowest bound, still by growing bytes; and the lowest bound among those let go. */
function mostPromising(states: State[], limit: number, boundOf: (state: State) => number): { states: State[]; boundOfDropped: number } {
  if (states.length <= limit) return { states, boundOfDropped: Infinity }
  const ranked = states.map((state) => ({ state, bound: boundOf(state) })).sort((a, b) => a.bound - b.bound)
  const kept = ranked
    .slice(0, limit)
    .map((entry) => entry.state)
    .sort((a, b) => a.bytes - b.bytes)
  return { states: kept, boundOfDropped: ranked[limit]?.bound ?? Infinity }
}

function cheapest(states: readonly State[]): State | null {
  return states.reduce<State | null>((best, state) => (best === null || state.cost < best.cost ? state : best), null)
}

function trace(last: State, length: number): number[] {
  const picks = new Array<number>(length)
  let state: State | null = last
  for (let index = length - 1; index >= 0 && state !== null; index--, state = state.parent) picks[index] = state.pick
  return picks
}

function total(tensors: readonly (readonly Choice[])[], picks: readonly number[]): { bytes: number; cost: number } {
  let bytes = 0
  let cost = 0
  for (const [index, choices] of tensors.entries()) {
    const choice = choices[picks[index] ?? -1]
    if (choice === undefined) throw new Error(`no choice for tensor ${index}`)
    bytes += choice.bytes
    cost += choice.cost
  }
  return { bytes, cost }
}
