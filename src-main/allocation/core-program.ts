import { capacityPrice, leastOf, pricesOf } from './greedy-choice.ts'
import { sumOf, tally } from './integer-program.ts'
import type { AtLeast, ChoiceProgram } from './integer-program.ts'

/** An option still open in the core. */
export interface CoreOption {
  readonly option: number
  /** What it costs above the item's best, a unit of size costing the multiplier, in the core's scale. */
  readonly cost: number
  /** Above the item's smallest open option, in units. */
  readonly size: number
}

/**
 * What is left to decide once every option is struck out that no answer better than the one known can hold.
 * With lambda a price for size, any answer costs at least L = sum of min (c + lambda s) - lambda capacity, and one that holds option o of
 * item i at least L plus what c + lambda s of o lies above the item's least: struck out where that exceeds the known answer.
 */
export interface CoreProgram {
  /** Items with more than one open option. */
  readonly free: readonly { readonly item: number; readonly options: readonly CoreOption[] }[]
  /** What the known answer takes; final for items that are not free. */
  readonly known: readonly number[]
  /** In units, beside the decided items and the smallest open options of the free ones. */
  readonly room: number
  /**
   * Cost of a unit of room left unused, in the core's scale: the price lambda of what was not bought, or less where that changes no answer.
   */
  readonly unusedCost: number
  /** Constraints over open options, counts less what decided items serve. */
  readonly atLeast: readonly AtLeast[]
  /** No answer costs less than `bound` + (the core's objective) / `scale`. */
  readonly bound: number
  readonly scale: number
}

/** What the known answer lies above the bound is given this size in the core: solvers' tolerances are absolute, 1e-6 and less. */
const SPAN = 1000

/** Keeps the scale finite where the known answer meets the bound. */
const LEAST_SPAN = 1e-280

/** Relative rounding error allowed for in sums of many costs. */
const ROUNDING = 1e-13

/** The core of a program around an answer that holds all constraints. */
export function coreOf(program: ChoiceProgram, known: readonly number[]): CoreProgram {
  const multiplier = capacityPrice(program)
  const capacity = Math.min(
    program.capacity,
    program.choices.reduce((sum, options) => sum + Math.max(...options.map(({ size }) => size)), 0),
  )
  const prices = program.choices.map((options) => pricesOf(options, multiplier))
  const least = prices.map((row) => Math.min(...row))
  const spare = capacity - program.choices.reduce((sum, options) => sum + leastOf(options), 0)
  const bound = sumOf([...least, -multiplier * spare])
  const objective = tally(program, known).objective
  const span = Math.max(objective - bound, 0) + ROUNDING * (objective + multiplier * spare)
  const open = prices.map((row, item) =>
    row.flatMap((price, option) => (price - (least[item] as number) <= span || option === known[item] ? [option] : [])),
  )
  const smallest = open.map((options, item) => Math.min(...options.map((option) => sizeOf(program, item, option))))
  const unit = commonUnit(
    open.flatMap((options, item) => options.map((option) => sizeOf(program, item, option) - (smallest[item] as number))),
  )
  const left = capacity - smallest.reduce((sum, size) => sum + size, 0)
  const room = Math.floor(left / unit)
  const scale = SPAN / Math.max(span, LEAST_SPAN)
  const free = open.flatMap((options, item) =>
    options.length < 2
      ? []
      : [
          {
            item,
            options: options.map((option) => ({
              option,
              cost: ((prices[item]?.[option] as number) - (least[item] as number)) * scale,
              size: (sizeOf(program, item, option) - (smallest[item] as number)) / unit,
            })),
          },
        ],
  )
  const decided = open.map((options) => options.length < 2)
  return {
    free,
    known,
    room,
    scale,
    // Beyond twice the span no answer with unused room is a better one, whatever the exact price: solvers do badly with costs far apart.
    unusedCost: Math.min(multiplier * unit * scale, 2 * SPAN),
    atLeast: program.atLeast.map((constraint) => remaining(constraint, open, decided)),
    bound: sumOf([bound, multiplier * (left - room * unit), decidedCost(prices, least, known, decided)]),
  }
}

function sizeOf(program: ChoiceProgram, item: number, option: number): number {
  return program.choices[item]?.[option]?.size ?? 0
}

/** What the decided items cost above their least: no choice is left in it. */
function decidedCost(
  prices: readonly (readonly number[])[],
  least: readonly number[],
  known: readonly number[],
  decided: readonly boolean[],
): number {
  return sumOf(prices.flatMap((row, item) => (decided[item] === true ? [(row[known[item] ?? 0] as number) - (least[item] as number)] : [])))
}

function remaining({ count, options }: AtLeast, open: readonly (readonly number[])[], decided: readonly boolean[]): AtLeast {
  const possible = options.filter(({ item, option }) => open[item]?.includes(option))
  const free = possible.filter(({ item }) => decided[item] === false)
  return { count: Math.max(0, count - (possible.length - free.length)), options: free }
}

/** Greatest common divisor, at least 1. */
function commonUnit(sizes: readonly number[]): number {
  return Math.max(
    1,
    sizes.reduce((divisor, size) => commonDivisor(divisor, size), 0),
  )
}

function commonDivisor(first: number, second: number): number {
  return second === 0 ? first : commonDivisor(second, first % second)
}
