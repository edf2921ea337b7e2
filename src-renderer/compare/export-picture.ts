import type { MethodCard } from '../../src-main/contract/calls.ts'
import { PRINT_INKS } from '../charts/chart-inks.ts'
import { paretoOption, type ChartOption } from '../charts/pareto-option.ts'
import { t } from '../locales/i18n.ts'
import type { Cost, Worth } from './axes.ts'
import { commonContext, type Entry } from './entries.ts'
import { canBeLog, paretoInput, pointsOf } from './pareto-input.ts'
import { entryName } from './result-rows.ts'
import { shareAxis, type Apart } from './shared-axis.ts'

/** The chart of a comparison as it leaves the app, in light colors. */
export interface Picture {
  readonly option: ChartOption
  readonly width: number
  readonly height: number
  readonly title: string
  readonly apart: readonly Apart[]
}

/** The chart now on screen as a picture. `alone`: with its title and what its letters mean, where no page says it. */
export function pictureOf(
  entries: readonly Entry[],
  view: { cost: Cost; worth: Worth; log: boolean; judged: string | null },
  methods: readonly MethodCard[],
  alone: boolean,
): Picture {
  const context = commonContext(entries)
  const { on, apart } = shareAxis(entries, view.judged)
  const shown = pointsOf(on, view.cost, view.worth, context)
  const input = paretoInput(shown, { cost: view.cost, worth: view.worth, log: view.log && canBeLog(shown, view.worth), context })
  const title = t('compare.pictureTitle', { cost: input.titles.x, worth: input.titles.y })
  const titleOf = (entry: Entry): string =>
    methods.find((each) => each.id === entry.detail.recipe.method)?.title ?? entry.detail.recipe.method
  const below = [
    ...shown.map(({ entry }) => entryName(entry, titleOf(entry))),
    ...apart.map(({ entry, reason }) => `${entry.mark.letter}: ${t(`compare.apart-${reason}`)}`),
  ]
  const option = paretoOption({ ...input, active: null, ...(alone ? { caption: { above: title, below } } : {}) }, PRINT_INKS)
  return { option, width: 1000, height: alone ? 520 + below.length * 18 : 460, title, apart }
}
