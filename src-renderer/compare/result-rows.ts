import { t } from '../locales/i18n.ts'
import type { TermName } from '../words/glossary.ts'
import { bits, count, decimal, duration, fileSize, measure, memorySize, percent, perplexity } from '../words/numbers.ts'
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

/** Every number a report holds about a run as a whole, the most asked for first. */
export function resultRows(contextTokens: number | null): ResultRow[] {
  return [
    { id: 'size', label: t('compare.res-size'), value: (entry) => entry.report.file.bytes, say: fileSize },
    {
      id: 'share',
      label: t('compare.res-share'),
      value: (entry) => entry.report.file.bytes / entry.report.original.bytes,
      say: (value) => percent(value, 1),
    },
    { id: 'bits', label: t('compare.res-bits'), term: 'bitsPerWeight', value: (entry) => entry.report.bitsPerWeight, say: bits },
    ...(contextTokens === null
      ? []
      : [
          {
            id: 'memory',
            label: t('compare.cost-memory-at', { tokens: count(contextTokens) }),
            term: 'vram' as const,
            value: (entry: Entry) => memoryAt(entry, contextTokens),
            say: memorySize,
          },
        ]),
    {
      id: 'divergence',
      label: t('compare.res-divergence'),
      term: 'klDivergence',
      value: ({ report }) => report.quality.klDivergence.mean,
      say: measure,
    },
    {
      id: 'standardError',
      label: t('compare.res-standardError'),
      term: 'standardError',
      value: ({ report }) => report.quality.klDivergence.standardError,
      say: (value) => `± ${measure(value)}`,
    },
    { id: 'p99', label: t('compare.res-p99'), term: 'p99', value: ({ report }) => report.quality.klDivergence.p99, say: measure },
    {
      id: 'ratio',
      label: t('compare.res-ratio'),
      term: 'perplexity',
      value: ({ report: { quality } }) => quality.perplexity.shrunk / quality.perplexity.original,
      say: (value) => `× ${decimal(value, 4)}`,
    },
    {
      id: 'perplexityOriginal',
      label: t('compare.res-perplexityOriginal'),
      value: ({ report }) => report.quality.perplexity.original,
      say: perplexity,
    },
    {
      id: 'perplexityShrunk',
      label: t('compare.res-perplexityShrunk'),
      value: ({ report }) => report.quality.perplexity.shrunk,
      say: perplexity,
    },
    {
      id: 'agreement',
      label: t('compare.res-agreement'),
      term: 'topOne',
      value: ({ report }) => report.quality.topOneAgreement,
      say: (value) => percent(value, 1),
    },
    {
      id: 'esap',
      label: t('compare.res-esap'),
      term: 'esap',
      value: ({ report }) => report.quality.esap,
      say: (value) => percent(value, 1),
    },
    { id: 'seconds', label: t('compare.res-seconds'), value: ({ report }) => report.seconds, say: duration },
    { id: 'peakMemory', label: t('compare.res-peakMemory'), value: ({ report }) => report.peakMemoryBytes, say: memorySize },
  ]
}

/** The verdict on a run, as its result page says it. */
export function verdictOf({ report }: Entry): string {
  return qualityBand(report.quality.klDivergence.mean).word
}

/** What a run is called in a list: "A · Qwen3-30B-A3B, Measured bits, 16.5 GB". */
export function entryName(entry: Entry, methodTitle: string): string {
  return `${entry.mark.letter} · ${entry.detail.summary.modelName}, ${methodTitle}, ${fileSize(entry.report.file.bytes)}`
}
