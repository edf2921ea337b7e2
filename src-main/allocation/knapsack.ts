import { ExpectedError } from '../contract/errors.ts'
import { convexHull } from './convex-hull.ts'
import { relax } from './linear-relaxation.ts'

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

/** Partial answers kept side by side at most. Plans of real models stay far below; beyond it the answer is best-found, with its gap stated. */
const MAX_STATES = 20_000

/** A choice for each tensor so far; `parent` leads back to the choices before it. */
interface State {
  readonly bytes: number
  readonly cost: number
  readonly pick: number
  readonly parent: State | null
}

/**
 * The multiple-choice knapsack: one choice per tensor, total bytes at most `budgetBytes`, total cost least.
 * Exact: partial answers are kept while no other is both smaller and cheaper and while the linear relaxation of the rest can
 * still beat the greedy answer. Ties go to fewer bytes.
 * @throws ExpectedError 'budget-too-small' with the nearest possible budget, `smallestBytes`
 */
export function allocate(tensors: readonly (readonly Choice[])[], budgetBytes: number, maxStates: number = MAX_STATES): Allocation {
  const smallestBytes = tensors.reduce((sum, choices) => sum + Math.min(...choices.map((choice) => choice.bytes)), 0)
  if (smallestBytes > budgetBytes) throw new ExpectedError('budget-too-small', { budgetBytes, smallestBytes })
  const bound = relax(tensors.map(convexHull))
  const greedy = bound.greedy(budgetBytes)
  const tolerance = 1e-12 * Math.max(greedy.cost, Number.MIN_VALUE)
  let lost = Infinity
  let states: State[] = [{ bytes: 0, cost: 0, pick: -1, parent: null }]
  for (const [index, choices] of tensors.entries()) {
    const grown = expand(states, choices)
    const alive = undominated(grown).filter((state) => {
      return state.cost + bound.after(index + 1, budgetBytes - state.bytes) <= greedy.cost + tolerance
    })
    const kept = mostPromising(alive, maxStates, (state) => state.cost + bound.after(index + 1, budgetBytes - state.bytes))
    lost = Math.min(lost, kept.boundOfDropped)
    states = kept.states
  }
  const best = cheapest(states)
  const picks = best === null || best.cost > greedy.cost ? greedy.picks : trace(best, tensors.length)
  return { ...total(tensors, picks), picks, lowerBound: Math.min(lost, total(tensors, picks).cost) }
}

/** Every state followed by every choice. */
function expand(states: readonly State[], choices: readonly Choice[]): State[] {
  return states.flatMap((parent) => choices.map((choice, pick) => {
    return { bytes: parent.bytes + choice.bytes, cost: parent.cost + choice.cost, pick, parent }
  }))
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
  const kept = ranked.slice(0, limit).map((entry) => entry.state).sort((a, b) => a.bytes - b.bytes)
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
