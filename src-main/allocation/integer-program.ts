/** One way to treat an item. Costs are finite and not negative; sizes are whole numbers (bits, or bytes). */
export interface SizedChoice {
  readonly cost: number
  readonly size: number
}

/** At least `count` items must take one of the listed options. No option is listed by two of these. */
export interface AtLeast {
  readonly count: number
  readonly options: readonly { readonly item: number; readonly option: number }[]
}

/** A multiple-choice integer program: one option per item, total size at most `capacity`, total cost least. */
export interface ChoiceProgram {
  readonly choices: readonly (readonly SizedChoice[])[]
  readonly capacity: number
  readonly atLeast: readonly AtLeast[]
}

/** An answer that holds every constraint. */
export interface ChoiceSolution {
  /** Index of the option taken, per item. */
  readonly picks: readonly number[]
  /** Total cost of the picks. */
  readonly objective: number
  /** No answer costs less than this. */
  readonly bound: number
  /** (objective - bound) / objective; 0 where the objective is 0. */
  readonly gap: number
  readonly seconds: number
  /** The gap is within what was asked for (and within the solver's accuracy): the picks are an optimum. */
  readonly proven: boolean
}

export interface ChoiceSolverOptions {
  /** After this the best answer known is returned, with its gap. */
  readonly timeLimitSeconds: number
  /** Relative gap at which to stop; 0 by default. */
  readonly gap?: number
  readonly signal?: AbortSignal
}

/**
 * Solves a program, never worse than {@link greedyChoice}.
 * @throws ExpectedError 'budget-too-small' with `capacity` and `smallest`, the least possible size; the signal's reason when aborted
 */
export type ChoiceSolver = (program: ChoiceProgram, options: ChoiceSolverOptions) => Promise<ChoiceSolution>

/** What picks add up to, and whether they hold every constraint. */
export interface Tally {
  readonly size: number
  readonly objective: number
  readonly feasible: boolean
}

/** Adds picks up anew: sizes exactly (whole numbers), costs with the rounding errors carried along. */
export function tally(program: ChoiceProgram, picks: readonly number[]): Tally {
  const taken = program.choices.map((options, item) => optionOf(options, item, picks[item]))
  const size = taken.reduce((sum, option) => sum + option.size, 0)
  const enough = program.atLeast.every(({ count, options }) => {
    return options.reduce((sum, { item, option }) => sum + (picks[item] === option ? 1 : 0), 0) >= count
  })
  return { size, objective: sumOf(taken.map((option) => option.cost)), feasible: size <= program.capacity && enough }
}

function optionOf(options: readonly SizedChoice[], item: number, pick: number | undefined): SizedChoice {
  const option = options[pick ?? -1]
  if (option === undefined) throw new Error(`no option ${String(pick)} for item ${item}`)
  return option
}

/** The sum with its rounding errors added up beside it (Neumaier), so that small costs survive beside large ones. */
export function sumOf(values: readonly number[]): number {
  let sum = 0
  let lost = 0
  for (const value of values) {
    const next = sum + value
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  return sum + lost
}

/** Refuses what is no program at all: a caller's mistake, not the user's. */
export function checkProgram({ choices, capacity, atLeast }: ChoiceProgram): void {
  const sound = ({ cost, size }: SizedChoice): boolean => Number.isFinite(cost) && cost >= 0 && Number.isSafeInteger(size) && size >= 0
  for (const [item, options] of choices.entries()) {
    if (options.length === 0) throw new Error(`item ${item} has no option`)
    const bad = options.find((option) => !sound(option))
    if (bad !== undefined)
      throw new Error(`item ${item} has cost ${bad.cost} and size ${bad.size}: costs are finite and not negative, sizes whole`)
  }
  if (Number.isNaN(capacity)) throw new Error('the capacity is not a number')
  const listed = new Set<string>()
  for (const { item, option } of atLeast.flatMap((constraint) => constraint.options)) {
    if (choices[item]?.[option] === undefined) throw new Error(`a constraint names option ${option} of item ${item}, which does not exist`)
    if (listed.has(`${item}.${option}`)) throw new Error(`option ${option} of item ${item} is in two constraints`)
    listed.add(`${item}.${option}`)
  }
}
