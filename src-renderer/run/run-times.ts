import type { JournalRow } from '../../src-main/contract/run.ts'
import { t } from '../locales/i18n.ts'
import type { Progress } from '../stores/live-run.ts'
import { duration, durationRange } from '../words/numbers.ts'

const A_DAY = 86_400

/** What the rest should take, `since` seconds after the engine said so: a range where it knows one. */
export function timeLeft({ etaRange, etaSeconds }: Pick<Progress, 'etaRange' | 'etaSeconds'>, since: number): string {
  if (etaRange) return durationRange(Math.max(0, etaRange.low - since), Math.max(1, etaRange.high - since))
  if (etaSeconds === null) return t('run.notKnownYet')
  return t('run.about', { time: duration(Math.max(0, etaSeconds - since)) })
}

/** The part that was finished last and how long ago: what a crash now would not cost. Null before the first. */
export function lastSaved(journal: readonly JournalRow[], layers: number, nowMs: number): string | null {
  const row = journal.at(-1)
  if (!row) return null
  const what = row.layer === null ? t('run.outsideLayers') : t('run.layerOf', { layer: row.layer + 1, layers })
  const seconds = (nowMs - Date.parse(row.finishedAt)) / 1000
  return Number.isNaN(seconds) || seconds < 0 || seconds >= A_DAY ? what : t('run.ago', { what, time: duration(seconds) })
}
