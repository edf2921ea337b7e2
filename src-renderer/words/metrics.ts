import { METRICS, type MetricId, type MetricUnit } from '../../src-main/contract/metrics.ts'
import { t } from '../locales/i18n.ts'
import type { TermName } from './glossary.ts'
import { bits, decimal, duration, fileSize, measure, memorySize, percent, perplexity } from './numbers.ts'

const SAY: Readonly<Record<MetricUnit, (value: number) => string>> = {
  bytes: fileSize,
  memory: memorySize,
  seconds: duration,
  bits,
  nats: measure,
  error: (value) => `± ${measure(value)}`,
  share: (value) => percent(value, 1),
  ratio: (value) => `× ${decimal(value, 4)}`,
  perplexity,
}

const TERMS: Readonly<Partial<Record<MetricId, TermName>>> = {
  bits: 'bitsPerWeight',
  divergence: 'klDivergence',
  standardError: 'standardError',
  p99: 'p99',
  ratio: 'perplexity',
  agreement: 'topOne',
  esap: 'esap',
}

/** What a number of a report is called. */
export function metricLabel(id: MetricId): string {
  return t(`compare.res-${id}`)
}

/** The glossary's term for it, where there is one. */
export function metricTerm(id: MetricId): TermName | undefined {
  return TERMS[id]
}

/** Its value as people read it. */
export function sayMetric(value: number, id: MetricId): string {
  return SAY[METRICS[id].unit](value)
}
