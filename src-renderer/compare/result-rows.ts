import { METRICS, type MetricId } from '../../src-main/contract/metrics.ts'
import { t } from '../locales/i18n.ts'
import type { TermName } from '../words/glossary.ts'
import { metricLabel, metricTerm, sayMetric } from '../words/metrics.ts'
import { count, fileSize, memorySize } from '../words/numbers.ts'
import { qualityBand } from '../words/quality.ts'
import { memoryAt, type Entry } from './entries.ts'

/** One number of all runs. `value` is what a spreadsheet gets, `say` what people read. */
export interface ResultRow {
  readonly id: string
  readonly label: string
  readonly term?: TermName
  readonly value: (entry: Entry) => number | null
  readonly say: (value: number) => string
}

/** Every number a report holds about a run as a whole, and the memory its model takes, the most asked for first. */
export function resultRows(contextTokens: number | null): ResultRow[] {
  const ids = Object.keys(METRICS) as MetricId[] // the keys of that very object
  const rows = ids.map((id): ResultRow => {
    const term = metricTerm(id)
    const row = {
      id,
      label: metricLabel(id),
      value: ({ report }: Entry) => METRICS[id].of(report),
      say: (value: number) => sayMetric(value, id),
    }
    return term === undefined ? row : { ...row, term }
  })
  if (contextTokens === null) return rows
  const memory: ResultRow = {
    id: 'memory',
    label: t('compare.cost-memory-at', { tokens: count(contextTokens) }),
    term: 'vram',
    value: (entry) => memoryAt(entry, contextTokens),
    say: memorySize,
  }
  return rows.flatMap((row) => (row.id === 'bits' ? [row, memory] : [row]))
}

/** The verdict on a run, as its result page says it. */
export function verdictOf({ report }: Entry): string {
  return qualityBand(report.quality.klDivergence.mean).word
}

/** What a run is called in a list: "A · Qwen3-30B-A3B, Measured bits, 16.5 GB". */
export function entryName(entry: Entry, methodTitle: string): string {
  return `${entry.mark.letter} · ${entry.detail.summary.modelName}, ${methodTitle}, ${fileSize(entry.report.file.bytes)}`
}
