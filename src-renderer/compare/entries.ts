import type { MemoryUse } from '../../src-main/contract/curve.ts'
import type { Report } from '../../src-main/contract/report.ts'
import type { RunDetail } from '../../src-main/contract/run.ts'
import { runMark, type RunMark } from '../charts/run-marks.ts'

/** A finished run among those compared. */
export interface Entry {
  readonly id: string
  readonly mark: RunMark
  readonly detail: RunDetail
  readonly report: Report
  readonly memory: readonly MemoryUse[]
}

/** Marks follow the order of choosing, so that a run keeps its mark while others come and go behind it. */
export function entriesOf(runs: readonly { readonly detail: RunDetail; readonly memory: readonly MemoryUse[] }[]): Entry[] {
  return runs
    .flatMap(({ detail, memory }) => (detail.report ? [{ detail, memory, report: detail.report }] : []))
    .map((each, place) => ({ ...each, id: each.detail.summary.id, mark: runMark(place) }))
}

const WANTED_CONTEXT = 16_384

/** The context length at which all of them can be compared: 16k, or the longest all models go to; null where one's memory is not known. */
export function commonContext(entries: readonly Entry[]): number | null {
  const lengths = entries.map((entry) => entry.memory.map((use) => use.contextTokens))
  const [first] = lengths
  if (first === undefined) return null
  const shared = first.filter((length) => length <= WANTED_CONTEXT && lengths.every((each) => each.includes(length)))
  return shared.length > 0 ? Math.max(...shared) : null
}

/** Bytes on a card at a context length; null where not known. */
export function memoryAt(entry: Entry, contextTokens: number | null): number | null {
  return entry.memory.find((use) => use.contextTokens === contextTokens)?.totalBytes ?? null
}
