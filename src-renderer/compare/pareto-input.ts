import type { ParetoInput } from '../charts/pareto-option.ts'
import { METRICS } from '../../src-main/contract/metrics.ts'
import { t } from '../locales/i18n.ts'
import { metricLabel } from '../words/metrics.ts'
import { decimal, fileSize, measure, percent } from '../words/numbers.ts'
import { costOf, costTitle, errorOf, unitOf, worthOf, type Cost, type Worth } from './axes.ts'
import type { Entry } from './entries.ts'

/** A run with what it costs (bytes or seconds) and is worth on the axes chosen. */
export interface Shown {
  readonly entry: Entry
  readonly cost: number
  readonly worth: number
  readonly error: number | null
}

/** Runs whose cost is known. */
export function pointsOf(entries: readonly Entry[], cost: Cost, worth: Worth, context: number | null): Shown[] {
  return entries.flatMap((entry) => {
    const costs = costOf(entry, cost, context)
    return costs === null ? [] : [{ entry, cost: costs, worth: worthOf(entry, worth), error: errorOf(entry, worth) }]
  })
}

/** Whether powers of ten can show these: only what is more than nothing has one, and shares near 100 % gain nothing. */
export function canBeLog(shown: readonly Shown[], worth: Worth): boolean {
  return worth === 'divergence' && shown.length > 0 && shown.every((each) => each.worth > 0)
}

const SAY_TICK: Readonly<Record<Worth, (value: number) => string>> = {
  divergence: measure,
  ratio: (value) => decimal(value, 3),
  agreement: (value) => percent(value, 1),
}

/** The chart of these runs, its axes in round units. */
export function paretoInput(
  shown: readonly Shown[],
  axes: { readonly cost: Cost; readonly worth: Worth; readonly log: boolean; readonly context: number | null },
): Omit<ParetoInput, 'active'> {
  const unit = unitOf(
    axes.cost,
    shown.map((each) => each.cost),
  )
  return {
    points: shown.map(({ entry, cost, worth, error }) => ({ id: entry.id, mark: entry.mark, x: cost / unit.divide, y: worth, error })),
    better: METRICS[axes.worth].judges.better,
    log: axes.log,
    lossless: {
      y: METRICS[axes.worth].judges.lossless,
      words: axes.log ? t('compare.losslessBelow', { original: originalWords(shown) }) : originalWords(shown),
    },
    titles: { x: `${costTitle(axes.cost, axes.context)} (${unit.name})`, y: metricLabel(axes.worth) },
    sayX: (value) => decimal(value, 2),
    sayY: SAY_TICK[axes.worth],
  }
}

/** The line of the original, with its size where all runs come from the same one. */
function originalWords(shown: readonly Shown[]): string {
  const sizes = [...new Set(shown.map(({ entry }) => entry.report.original.bytes))]
  const [only] = sizes
  return sizes.length === 1 && only !== undefined ? t('compare.losslessOf', { size: fileSize(only) }) : t('compare.lossless')
}
