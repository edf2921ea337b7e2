import type { Report } from './report.ts'

/** What a number counts in, which is how it is written: shares are 0..1, ratios multiples, errors stand beside another number. */
export type MetricUnit = 'bytes' | 'memory' | 'seconds' | 'bits' | 'nats' | 'error' | 'share' | 'ratio' | 'perplexity'

/** A number that a report holds about a run as a whole. */
interface Metric {
  readonly unit: MetricUnit
  readonly of: (report: Report) => number
  /** Where it says how far the shrunk model is from the original: which way is better, what the original has, and its standard error. */
  readonly judges?: { readonly better: 'lower' | 'higher'; readonly lossless: number; readonly error: ((report: Report) => number) | null }
}

/** One row a number, the most asked for first. */
export const METRICS = {
  size: { unit: 'bytes', of: ({ file }) => file.bytes },
  share: { unit: 'share', of: ({ file, original }) => file.bytes / original.bytes },
  bits: { unit: 'bits', of: ({ bitsPerWeight }) => bitsPerWeight },
  divergence: {
    unit: 'nats',
    of: ({ quality }) => quality.klDivergence.mean,
    judges: { better: 'lower', lossless: 0, error: ({ quality }) => quality.klDivergence.standardError },
  },
  standardError: { unit: 'error', of: ({ quality }) => quality.klDivergence.standardError },
  p99: { unit: 'nats', of: ({ quality }) => quality.klDivergence.p99 },
  ratio: {
    unit: 'ratio',
    of: ({ quality: { perplexity } }) => perplexity.shrunk / perplexity.original,
    judges: { better: 'lower', lossless: 1, error: null },
  },
  perplexityOriginal: { unit: 'perplexity', of: ({ quality }) => quality.perplexity.original },
  perplexityShrunk: { unit: 'perplexity', of: ({ quality }) => quality.perplexity.shrunk },
  agreement: { unit: 'share', of: ({ quality }) => quality.topOneAgreement, judges: { better: 'higher', lossless: 1, error: null } },
  esap: { unit: 'share', of: ({ quality }) => quality.esap },
  seconds: { unit: 'seconds', of: ({ seconds }) => seconds },
  peakMemory: { unit: 'memory', of: ({ peakMemoryBytes }) => peakMemoryBytes },
} as const satisfies Readonly<Record<string, Metric>>

export type MetricId = keyof typeof METRICS

/** Numbers that say how far a shrunk model is from its original. */
export type JudgingId = { [M in MetricId]: (typeof METRICS)[M] extends { judges: object } ? M : never }[MetricId]
