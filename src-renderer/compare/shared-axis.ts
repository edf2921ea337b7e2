import type { Entry } from './entries.ts'

/** Runs judged on the same text in the same tokens: their quality may stand on one axis. */
export interface JudgedGroup {
  readonly key: string
  readonly entries: readonly Entry[]
}

/** Why a run stands apart. */
export type ApartReason = 'unknown' | 'text' | 'tokenizer'
export interface Apart {
  readonly entry: Entry
  readonly reason: ApartReason
}

/** What a run's quality was measured on, as a key. A report that doesn't say is like no other. */
export function judgedKey({ id, report }: Pick<Entry, 'id' | 'report'>): string {
  return report.judgedOn ? `${report.judgedOn.heldOut} ${report.judgedOn.tokenizer}` : `unknown ${id}`
}

/** Groups of runs with one quality axis each, the largest first, then in the order of choosing. */
export function judgedGroups(entries: readonly Entry[]): JudgedGroup[] {
  const groups = new Map<string, Entry[]>()
  for (const entry of entries) {
    const key = judgedKey(entry)
    const group = groups.get(key)
    if (group) group.push(entry)
    else groups.set(key, [entry])
  }
  return [...groups].map(([key, members]) => ({ key, entries: members })).sort((a, b) => b.entries.length - a.entries.length)
}

/** Who stands on the axis and who apart. `wanted`: the key of the group to show, where there is one; else the largest. */
export function shareAxis(
  entries: readonly Entry[],
  wanted: string | null,
): { readonly on: readonly Entry[]; readonly apart: readonly Apart[]; readonly key: string | null } {
  const groups = judgedGroups(entries)
  const group = groups.find((each) => each.key === wanted) ?? groups[0]
  if (group === undefined) return { on: [], apart: [], key: null }
  const [reference] = group.entries
  const apart = entries.filter((entry) => !group.entries.includes(entry)).map((entry) => ({ entry, reason: reasonOf(entry, reference) }))
  return { on: group.entries, apart, key: group.key }
}

function reasonOf(entry: Entry, reference: Entry | undefined): ApartReason {
  const [own, other] = [entry.report.judgedOn, reference?.report.judgedOn]
  if (!own || !other) return 'unknown'
  return own.tokenizer === other.tokenizer ? 'text' : 'tokenizer'
}
