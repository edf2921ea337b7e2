import type { ChoiceProgram } from './integer-program.ts'

/** Which items serve the constraints: item -> option. */
export type Forced = ReadonlyMap<number, number>

/** One place a constraint wants filled: its options by item, the least valued of each item. */
type Slot = ReadonlyMap<number, { readonly option: number; readonly value: number }>

/**
 * Items that fill every constraint's places with the least total value, an item at most one place. Exact (Hungarian method, places x
 * items). null when there are too few items.
 */
export function fillSlots(program: ChoiceProgram, value: (item: number, option: number) => number): Forced | null {
  const slots = program.atLeast.flatMap(({ count, options }) => {
    const slot = new Map<number, { option: number; value: number }>()
    for (const { item, option } of options) {
      const offered = value(item, option)
      const known = slot.get(item)
      if (known === undefined || offered < known.value) slot.set(item, { option, value: offered })
    }
    return Array.from({ length: count }, () => slot)
  })
  const items = match(slots, program.choices.length)
  return items === null
    ? null
    : new Map(slots.map((slot, place) => [items[place] as number, slot.get(items[place] as number)?.option ?? 0]))
}

/** The item of each slot. Rows and columns count from 1; column 0 stands for the slot being placed. */
function match(slots: readonly Slot[], items: number): number[] | null {
  const rowPrice = new Float64Array(slots.length + 1)
  const columnPrice = new Float64Array(items + 1)
  const rowOf = new Int32Array(items + 1)
  for (let row = 1; row <= slots.length; row++) {
    if (!place(row, slots, items, rowPrice, columnPrice, rowOf)) return null
  }
  const found = new Array<number>(slots.length).fill(-1)
  for (let column = 1; column <= items; column++) {
    const row = rowOf[column] as number
    if (row > 0) found[row - 1] = column - 1
  }
  return found
}

/** Places one more slot by the cheapest alternating path; false when no item can be freed for it. */
function place(
  row: number,
  slots: readonly Slot[],
  items: number,
  rowPrice: Float64Array,
  columnPrice: Float64Array,
  rowOf: Int32Array,
): boolean {
  const least = new Float64Array(items + 1).fill(Infinity)
  const before = new Int32Array(items + 1)
  const used = new Uint8Array(items + 1)
  let column = 0
  rowOf[0] = row
  do {
    used[column] = 1
    const current = rowOf[column] as number
    for (const [item, { value }] of slots[current - 1] ?? []) {
      const reduced = value - (rowPrice[current] as number) - (columnPrice[item + 1] as number)
      if (used[item + 1] === 0 && reduced < (least[item + 1] as number)) {
        least[item + 1] = reduced
        before[item + 1] = column
      }
    }
    const next = leastUnused(least, used)
    const step = least[next] as number
    if (step === Infinity) return false
    for (let other = 0; other <= items; other++) {
      if (used[other] === 1) {
        rowPrice[rowOf[other] as number] = (rowPrice[rowOf[other] as number] as number) + step
        columnPrice[other] = (columnPrice[other] as number) - step
      } else least[other] = (least[other] as number) - step
    }
    column = next
  } while (rowOf[column] !== 0)
  for (; column !== 0; column = before[column] as number) rowOf[column] = rowOf[before[column] as number] as number
  return true
}

function leastUnused(least: Float64Array, used: Uint8Array): number {
  let best = 0
  for (let column = 1; column < least.length; column++) {
    if (used[column] === 0 && (best === 0 || (least[column] as number) < (least[best] as number))) best = column
  }
  return best
}
