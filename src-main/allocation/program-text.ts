import type { CoreProgram } from './core-program.ts'

/** A core in CPLEX LP text, with the known answer as the point to start from. */
export interface ProgramText {
  readonly text: string
  /** Names of the text's columns, each with its value in the known answer. */
  readonly start: readonly (readonly [name: string, value: number])[]
}

/** Terms on one line: readers of the format set limits to lines. */
const TERMS_PER_LINE = 12

const UNUSED = 'unused'

/**
 * The core as text: one binary per open option, `x<item>_<option>`, and `unused` for the room not bought. Coefficients are those of the
 * core, scaled there.
 */
export function programText(core: CoreProgram): ProgramText {
  const columns = core.free.flatMap(({ item, options }) => options.map((entry) => ({ ...entry, item, name: nameOf(item, entry.option) })))
  const taken = columns.filter(({ item, option }) => core.known[item] === option)
  const unused = core.room - taken.reduce((sum, { size }) => sum + size, 0)
  const cost = lines([...columns.map((column) => term(column.cost, column.name)), term(core.unusedCost, UNUSED)])
  const room = lines([...columns.filter(({ size }) => size > 0).map((column) => term(column.size, column.name)), term(1, UNUSED)])
  const one = core.free.map(({ item, options }) => ` one${item}: ${lines(options.map(({ option }) => term(1, nameOf(item, option))))} = 1`)
  const atLeast = core.atLeast.flatMap(({ count, options }, index) => {
    return count === 0 ? [] : [` least${index}: ${lines(options.map(({ item, option }) => term(1, nameOf(item, option))))} >= ${count}`]
  })
  const text = [
    'Minimize',
    ` cost: ${cost}`,
    'Subject To',
    ` room: ${room} = ${core.room}`,
    ...one,
    ...atLeast,
    'Bounds',
    ` 0 <= ${UNUSED} <= ${core.room}`,
    'Binaries',
    ...columns.map(({ name }) => ` ${name}`),
    'End',
    '',
  ].join('\n')
  return {
    text,
    start: [...columns.map((column) => [column.name, core.known[column.item] === column.option ? 1 : 0] as const), [UNUSED, unused]],
  }
}

/** The picks a solver's column values stand for: of each free item the option with the largest value. */
export function picksOf(core: CoreProgram, values: ReadonlyMap<string, number>): number[] {
  const picks = [...core.known]
  for (const { item, options } of core.free) {
    const ranked = options.map(({ option }) => ({ option, value: values.get(nameOf(item, option)) ?? 0 }))
    picks[item] = ranked.reduce((best, next) => (next.value > best.value ? next : best)).option
  }
  return picks
}

function nameOf(item: number, option: number): string {
  return `x${item}_${option}`
}

function term(coefficient: number, name: string): string {
  return `${coefficient} ${name}`
}

function lines(terms: readonly string[]): string {
  const rows = Array.from({ length: Math.ceil(terms.length / TERMS_PER_LINE) }, (_, row) =>
    terms.slice(row * TERMS_PER_LINE, (row + 1) * TERMS_PER_LINE).join(' + '),
  )
  return rows.join('\n  + ')
}
