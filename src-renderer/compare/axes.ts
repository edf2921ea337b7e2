import { t } from '../locales/i18n.ts'
import { count, decimal, duration, fileSize, measure, memorySize, percent } from '../words/numbers.ts'
import { memoryAt, type Entry } from './entries.ts'

export const COSTS = ['size', 'memory', 'time'] as const
export type Cost = (typeof COSTS)[number]
export const WORTHS = ['divergence', 'perplexity', 'agreement'] as const
export type Worth = (typeof WORTHS)[number]

/** What a run costs; null where not known. Bytes or seconds. */
export function costOf(entry: Entry, cost: Cost, contextTokens: number | null): number | null {
  if (cost === 'size') return entry.report.file.bytes
  return cost === 'time' ? entry.report.seconds : memoryAt(entry, contextTokens)
}

/** What a run is worth: KL divergence in nats per token, perplexity as a multiple of the original's, or the share of same words. */
export function worthOf({ report: { quality } }: Entry, worth: Worth): number {
  if (worth === 'divergence') return quality.klDivergence.mean
  return worth === 'agreement' ? quality.topOneAgreement : quality.perplexity.shrunk / quality.perplexity.original
}

/** Standard error of what {@link worthOf} tells; null where none is measured. */
export function errorOf({ report: { quality } }: Entry, worth: Worth): number | null {
  return worth === 'divergence' ? quality.klDivergence.standardError : null
}

/** What the original itself would be worth. */
export const LOSSLESS: Readonly<Record<Worth, number>> = { divergence: 0, perplexity: 1, agreement: 1 }

export const betterOf = (worth: Worth): 'lower' | 'higher' => (worth === 'agreement' ? 'higher' : 'lower')

export const sayCost = (value: number, cost: Cost): string =>
  cost === 'size' ? fileSize(value) : cost === 'memory' ? memorySize(value) : duration(value)

export const sayWorth = (value: number, worth: Worth): string =>
  worth === 'divergence' ? measure(value) : worth === 'agreement' ? percent(value, 1) : `× ${decimal(value, 4)}`

/** The unit an axis counts in, so that its ticks are round numbers. */
export interface AxisUnit {
  readonly divide: number
  readonly name: string
}

const UNITS: Readonly<Record<Cost, readonly (readonly [number, string])[]>> = {
  size: [
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'KB'],
  ],
  memory: [
    [2 ** 30, 'GiB'],
    [2 ** 20, 'MiB'],
    [2 ** 10, 'KiB'],
  ],
  time: [
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ],
}

/** The largest unit that the largest value fills. */
export function unitOf(cost: Cost, values: readonly number[]): AxisUnit {
  const most = Math.max(0, ...values)
  const [divide, name] = UNITS[cost].find(([size]) => most >= size) ?? UNITS[cost][UNITS[cost].length - 1] ?? [1, '']
  return { divide, name }
}

export function costTitle(cost: Cost, contextTokens: number | null): string {
  return cost === 'memory'
    ? t('compare.cost-memory-at', { tokens: contextTokens === null ? '?' : count(contextTokens) })
    : t(`compare.cost-${cost}`)
}
