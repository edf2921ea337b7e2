import type { TensorAudit } from '../../src-main/contract/report.ts'
import { roleWords } from '../words/roles.ts'

export type AuditColumn = 'file' | 'tensor' | 'from' | 'to' | 'bits' | 'bytes' | 'error'
export interface AuditOrder {
  readonly column: AuditColumn
  readonly down: boolean
}

/** Bits each weight takes; 0 for a part without weights of its own. */
export function bitsOf({ bytes, weights }: Pick<TensorAudit, 'bytes' | 'weights'>): number {
  return weights === 0 ? 0 : (bytes * 8) / weights
}

/** Built once: comparing names by locale is slow otherwise. */
const NAMES = new Intl.Collator('en', { numeric: true })

const COMPARE: Readonly<Record<Exclude<AuditColumn, 'file'>, (a: TensorAudit, b: TensorAudit) => number>> = {
  tensor: (a, b) => NAMES.compare(a.tensor, b.tensor),
  from: (a, b) => NAMES.compare(a.from, b.from),
  to: (a, b) => NAMES.compare(a.to, b.to),
  bits: (a, b) => bitsOf(a) - bitsOf(b),
  bytes: (a, b) => a.bytes - b.bytes,
  error: (a, b) => a.relativeError - b.relativeError,
}

/** The rows that hold every wanted word or "quoted words" (in name, type or role), in the wanted order; 'file' is as they were written. */
export function auditRows(audit: readonly TensorAudit[], wanted: string, { column, down }: AuditOrder): readonly TensorAudit[] {
  const words = (wanted.toLowerCase().match(/"[^"]+"|[^\s"]+/g) ?? []).map((word) => word.replaceAll('"', ''))
  const found =
    words.length === 0
      ? audit
      : audit.filter((row) => {
          const text = `${row.tensor} ${row.from} ${row.to} ${roleWords(row.role)}`.toLowerCase()
          return words.every((word) => text.includes(word))
        })
  if (column === 'file') return down ? [...found].reverse() : found
  const sorted = [...found].sort(COMPARE[column])
  return down ? sorted.reverse() : sorted
}

/** A layer, an expert or a part, with the error found in it. */
export interface Worst {
  readonly layer: number | null
  readonly expert: number | null
  readonly tensor: string | null
  readonly error: number
}

/** What lost most: layers and experts by the mean over their weights, and single parts. */
export function worstOf(
  audit: readonly TensorAudit[],
  most: number,
): { readonly layers: readonly Worst[]; readonly experts: readonly Worst[]; readonly parts: readonly Worst[] } {
  const layers = new Map<string, { layer: number; expert: number | null; sum: number; weights: number }>()
  const experts: typeof layers = new Map()
  const add = (to: typeof layers, key: string, layer: number, expert: number | null, row: TensorAudit): void => {
    const known = to.get(key) ?? { layer, expert, sum: 0, weights: 0 }
    to.set(key, { ...known, sum: known.sum + row.relativeError * row.weights, weights: known.weights + row.weights })
  }
  for (const row of audit) {
    if (row.layer === null || row.weights === 0) continue
    add(layers, String(row.layer), row.layer, null, row)
    if (row.expert !== undefined) add(experts, `${row.layer} ${row.expert}`, row.layer, row.expert, row)
  }
  const top = (rows: readonly Worst[]): readonly Worst[] =>
    rows
      .filter(({ error }) => error > 0)
      .sort((a, b) => b.error - a.error)
      .slice(0, most)
  const means = (sums: typeof layers): readonly Worst[] =>
    top([...sums.values()].map(({ layer, expert, sum, weights }) => ({ layer, expert, tensor: null, error: sum / weights })))
  return {
    layers: means(layers),
    experts: means(experts),
    parts: top(audit.map(({ layer, expert, tensor, relativeError }) => ({ layer, expert: expert ?? null, tensor, error: relativeError }))),
  }
}

/** Parts that were to change and still have the type they came in. */
export function untouched(
  audit: readonly TensorAudit[],
  planned: readonly { readonly tensor: string; readonly action: string }[],
): readonly string[] {
  const kept = new Set(planned.filter(({ action }) => action === 'keep').map(({ tensor }) => tensor))
  const known = new Set(planned.map(({ tensor }) => tensor))
  return audit
    .filter(({ tensor, from, to }) => known.has(tensor) && !kept.has(tensor) && from.toLowerCase() === to.toLowerCase())
    .map(({ tensor }) => tensor)
}
