import type { CoreProgram } from './core-program.ts'
import { tally } from './integer-program.ts'
import type { ChoiceProgram } from './integer-program.ts'
import { allocate } from './knapsack.ts'

/** Picks for the whole program, and a cost that no answer undercuts. */
export interface Swept {
  readonly picks: readonly number[]
  readonly bound: number
}

/** The sweep keeps sums for every tail of its list: memory grows with the square of the items. */
const MAX_ITEMS = 3000

/**
 * The core without its constraints, by dynamic programming: its bound holds for the constrained program too, and picks that hold the
 * constraints are as good as the bound says. Exact unless more than `states` partial answers stay open. null for a core too large for it.
 * HiGHS leaves a gap of 9e-5 after a minute on a program over 48 layers of 128 experts in bytes, where sizes are nearly but not quite
 * alike; this closes it in a second.
 */
export function sweepCore(program: ChoiceProgram, core: CoreProgram, states: number): Swept | null {
  if (core.free.length > MAX_ITEMS || states < 1) return null
  const choices = core.free.map(({ item, options }) => {
    const costs = options.map(({ option }) => program.choices[item]?.[option]?.cost ?? 0)
    const least = Math.min(...costs)
    return options.map(({ size }, index) => ({ bytes: size, cost: ((costs[index] as number) - least) * core.scale }))
  })
  const found = allocate(choices, core.room, states)
  const picks = [...core.known]
  for (const [index, { item, options }] of core.free.entries()) picks[item] = options[found.picks[index] ?? 0]?.option ?? 0
  return { picks, bound: tally(program, picks).objective - (found.cost - found.lowerBound) / core.scale }
}
