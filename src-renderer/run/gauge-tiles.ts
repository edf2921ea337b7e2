import type { CheckReport } from '../../src-main/contract/check.ts'
import type { Gauges } from '../../src-main/contract/machine.ts'
import type { GaugePoint } from '../charts/gauge-points.ts'
import { t } from '../locales/i18n.ts'
import { fileSize, memorySize, percent } from '../words/numbers.ts'

/** One gauge: what it says now, in words and as shares of a bar, and how it went. */
export interface GaugeTile {
  readonly id: 'memory' | 'processor' | 'card' | 'disk'
  readonly title: string
  readonly value: string
  readonly note: string
  /** Shares of the bar 0..1: the engine's first, then what others take. */
  readonly shares: readonly [number, number] | null
  readonly points: readonly GaugePoint[]
  readonly high: number
  readonly limit: number | null
  /** The limit in words; null without one. */
  readonly limitWords: string | null
  readonly over: boolean
}

/** The gauges of a run. Nothing is shown of what the machine does not tell. */
export function gaugeTiles(samples: readonly Gauges[], now: Gauges, check: CheckReport | null): GaugeTile[] {
  const line = (value: (gauges: Gauges) => number | null): GaugePoint[] =>
    samples.flatMap((each) => {
      const found = value(each)
      return found === null ? [] : [{ at: each.at, value: found }]
    })
  return [
    memoryTile(
      now,
      line((each) => each.engineBytes),
      limitOf(check, 'memory'),
    ),
    processorTile(
      now,
      line((each) => each.processor),
    ),
    cardTile(
      now,
      line((each) => each.card?.usedBytes ?? null),
      limitOf(check, 'vram'),
    ),
    diskTile(
      now,
      line((each) => each.writtenPerSecond),
    ),
  ].flatMap((tile) => tile ?? [])
}

/** The limit a check held the run to, bytes: the one of the settings, and what was free then; null where it names none. */
export function limitOf(check: CheckReport | null, id: 'memory' | 'vram'): number | null {
  const { limitBytes, freeBytes } = check?.items.find((item) => item.id === id)?.details ?? {}
  const limits = [limitBytes, freeBytes].filter((each) => typeof each === 'number').filter((each) => each > 0)
  return limits.length === 0 ? null : Math.min(...limits)
}

function memoryTile(now: Gauges, points: GaugePoint[], limit: number | null): GaugeTile {
  const others = Math.max(0, now.memoryBytes - now.freeMemoryBytes - now.engineBytes)
  return {
    id: 'memory',
    title: t('run.gaugeMemory'),
    value: memorySize(now.engineBytes),
    note: t('run.gaugeMemoryNote', { others: memorySize(others), free: memorySize(now.freeMemoryBytes), all: memorySize(now.memoryBytes) }),
    shares: [now.engineBytes / now.memoryBytes, others / now.memoryBytes],
    points,
    high: highest(points),
    limit,
    limitWords: limit === null ? null : t('run.gaugeLimit', { size: memorySize(limit) }),
    over: limit !== null && now.engineBytes > limit,
  }
}

function processorTile(now: Gauges, points: GaugePoint[]): GaugeTile {
  return {
    id: 'processor',
    title: t('run.gaugeProcessor'),
    value: percent(now.processor),
    note: t('run.gaugeProcessorNote'),
    shares: [now.processor, 0],
    points,
    high: 1,
    limit: null,
    limitWords: null,
    over: false,
  }
}

function cardTile({ card }: Gauges, points: GaugePoint[], limit: number | null): GaugeTile | null {
  if (card === null) return null
  const note = [
    t('run.gaugeCardNote', { all: memorySize(card.totalBytes) }),
    ...(card.busy === null ? [] : [t('run.gaugeCardBusy', { share: percent(card.busy) })]),
    ...(card.celsius === null ? [] : [`${card.celsius} °C`]),
  ].join(' · ')
  return {
    id: 'card',
    title: t('run.gaugeCard'),
    value: memorySize(card.usedBytes),
    note,
    shares: [card.usedBytes / card.totalBytes, 0],
    points,
    high: card.totalBytes,
    limit,
    limitWords: limit === null ? null : t('run.gaugeLimit', { size: memorySize(limit) }),
    over: limit !== null && card.usedBytes > limit,
  }
}

function diskTile(now: Gauges, points: GaugePoint[]): GaugeTile {
  const rate =
    now.writtenPerSecond === null ? t('run.gaugeDiskRateUnknown') : t('run.gaugeDiskRate', { size: fileSize(now.writtenPerSecond) })
  return {
    id: 'disk',
    title: t('run.gaugeDisk'),
    value: fileSize(now.freeDiskBytes),
    note: rate,
    shares: null,
    points,
    high: highest(points),
    limit: null,
    limitWords: null,
    over: false,
  }
}

function highest(points: readonly GaugePoint[]): number {
  return points.reduce((most, { value }) => Math.max(most, value), 0) * 1.15
}
