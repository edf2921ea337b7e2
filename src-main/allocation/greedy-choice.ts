import { convexHull, gain } from './convex-hull.ts'
import type { HullPoint } from './convex-hull.ts'
import { tally } from './integer-program.ts'
import type { ChoiceProgram, SizedChoice } from './integer-program.ts'
import { fillSlots } from './slots.ts'
import type { Forced } from './slots.ts'

const NOTHING: Forced = new Map()

/** The least total size any answer has, Infinity when too few items can serve the constraints. */
export function smallestSize(program: ChoiceProgram): number {
  const forced = fillSlots(program, (item, option) => sizeAbove(program, item, option))
  if (forced === null) return Infinity
  return program.choices.reduce((sum, options, item) => {
    const pick = forced.get(item)
    return sum + (pick === undefined ? leastOf(options) : (options[pick]?.size ?? 0))
  }, 0)
}

/**
 * A good answer: every item at its smallest option, then steps along the lower hulls of (size, cost) by cost saved per size while they fit;
 * then, where a constraint is short, the items that serve it at the least price, and the steps again. null when the program has no answer.
 */
export function greedyChoice(program: ChoiceProgram): number[] | null {
  const free = climb(program, NOTHING)
  if (free === null) return null
  const { multiplier } = free
  const priced = fillSlots(program, (item, option) => priceAbove(program.choices[item] ?? [], option, multiplier))
  const smallest = fillSlots(program, (item, option) => sizeAbove(program, item, option))
  const answers = [free, priced === null ? null : climb(program, priced), smallest === null ? null : climb(program, smallest)]
  const sound = answers.flatMap((answer) =>
    answer !== null && tally(program, answer.picks).feasible ? [improve(program, answer.picks)] : [],
  )
  return sound.reduce<number[] | null>((best, picks) => {
    return best === null || tally(program, picks).objective < tally(program, best).objective ? picks : best
  }, null)
}

/** What one more unit of capacity is worth: the cost saved per size by the first hull step that no longer fits; 0 when all fit. */
export function capacityPrice(program: ChoiceProgram): number {
  return climb(program, NOTHING)?.multiplier ?? 0
}

interface Climb {
  readonly picks: number[]
  readonly multiplier: number
}

/** Hull steps by gain per size, `forced` items left alone. null when not even the smallest options fit. */
function climb(program: ChoiceProgram, forced: Forced): Climb | null {
  const hulls = program.choices.map((options, item) => hullOf(options, forced.get(item)))
  const corners = hulls.map(() => 0)
  let room = program.capacity - hulls.reduce((sum, hull) => sum + (hull[0]?.bytes ?? 0), 0)
  if (room < 0) return null
  let multiplier = 0
  for (const { item, corner, size, worth } of stepsOf(hulls)) {
    if (size > room) multiplier ||= worth
    if (corners[item] !== corner - 1 || size > room) continue
    corners[item] = corner
    room -= size
  }
  return { picks: hulls.map((hull, item) => hull[corners[item] ?? 0]?.pick ?? 0), multiplier }
}

function hullOf(options: readonly SizedChoice[], forced: number | undefined): HullPoint[] {
  const hull = convexHull(options.map(({ size, cost }) => ({ bytes: size, cost })))
  const only = forced === undefined ? undefined : options[forced]
  return only === undefined || forced === undefined ? hull : [{ bytes: only.size, cost: only.cost, pick: forced }]
}

function stepsOf(hulls: readonly (readonly HullPoint[])[]): { item: number; corner: number; size: number; worth: number }[] {
  const steps = hulls.flatMap((hull, item) =>
    hull.slice(1).map((to, index) => {
      return { item, corner: index + 1, size: to.bytes - (hull[index]?.bytes ?? 0), worth: gain(hull[index], to) }
    }),
  )
  return steps.sort((a, b) => b.worth - a.worth || a.item - b.item || a.corner - b.corner)
}

/** Moves single items to cheaper options while one fits and no constraint comes short. */
export function improve(program: ChoiceProgram, picks: readonly number[]): number[] {
  const better = [...picks]
  const serves = new Map(
    program.atLeast.flatMap(({ options }, index) => options.map(({ item, option }) => [`${item}.${option}`, index] as const)),
  )
  const constraintOf = (item: number, option: number): number => serves.get(`${item}.${option}`) ?? -1
  const spare = program.atLeast.map(({ count }) => -count)
  for (const [item, pick] of better.entries()) addTo(spare, constraintOf(item, pick), 1)
  let room = program.capacity - tally(program, picks).size
  for (let moved = true; moved;) {
    moved = false
    for (const [item, options] of program.choices.entries()) {
      const from = better[item] ?? 0
      const here = options[from] as SizedChoice
      const place = constraintOf(item, from)
      const allowed = (option: number): boolean => place < 0 || (spare[place] as number) > 0 || constraintOf(item, option) === place
      const to = cheapest(options, (option, index) => option.cost < here.cost && option.size - here.size <= room && allowed(index))
      if (to < 0) continue
      addTo(spare, place, -1)
      addTo(spare, constraintOf(item, to), 1)
      room -= (options[to] as SizedChoice).size - here.size
      better[item] = to
      moved = true
    }
  }
  return better
}

function addTo(counts: number[], index: number, change: number): void {
  if (index >= 0) counts[index] = (counts[index] as number) + change
}

function cheapest(options: readonly SizedChoice[], allowed: (option: SizedChoice, index: number) => boolean): number {
  return options.reduce((best, option, index) => {
    return allowed(option, index) && (best < 0 || option.cost < (options[best]?.cost ?? Infinity)) ? index : best
  }, -1)
}

/** What an option costs above the item's best when a unit of size costs `multiplier`. */
function priceAbove(options: readonly SizedChoice[], option: number, multiplier: number): number {
  const prices = pricesOf(options, multiplier)
  return (prices[option] ?? Infinity) - Math.min(...prices)
}

/** Cost and priced size, sizes counted from the item's smallest. */
export function pricesOf(options: readonly SizedChoice[], multiplier: number): number[] {
  const smallest = leastOf(options)
  return options.map(({ cost, size }) => cost + multiplier * (size - smallest))
}

function sizeAbove(program: ChoiceProgram, item: number, option: number): number {
  const options = program.choices[item] ?? []
  return (options[option]?.size ?? 0) - leastOf(options)
}

/** The smallest size among an item's options. */
export function leastOf(options: readonly SizedChoice[]): number {
  return options.reduce((least, { size }) => Math.min(least, size), Infinity)
}
