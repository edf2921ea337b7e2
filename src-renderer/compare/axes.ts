import { METRICS, type JudgingId } from '../../src-main/contract/metrics.ts'
import { t } from '../locales/i18n.ts'
import { count, duration, fileSize, memorySize } from '../words/numbers.ts'
import { memoryAt, type Entry } from './entries.ts'

export const COSTS = ['size', 'memory', 'time'] as const
export type Cost = (typeof COSTS)[number]
/** Numbers that say how far a run is from its original. */
export type Worth = JudgingId
export const WORTHS = ['divergence', 'ratio', 'agreement'] as const satisfies readonly Worth[]

/** What a run costs; null where not known. Bytes or seconds. */
export function costOf(entry: Entry, cost: Cost, contextTokens: number | null): number | null {
  if (cost === 'size') return entry.report.file.bytes
  return cost === 'time' ? entry.report.seconds : memoryAt(entry, contextTokens)
}

/** What a run is worth. */
export function worthOf({ report }: Entry, worth: Worth): number {
  return METRICS[worth].of(report)
}

/** Standard error of what {@link worthOf} tells; null where none is measured. */
export function errorOf({ report }: Entry, worth: Worth): number | null {
  return METRICS[worth].judges.error?.(report) ?? null
}

export const sayCost = (value: number, cost: Cost): string =>
  cost === 'size' ? fileSize(value) : cost === 'memory' ? memorySize(value) : duration(value)

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
