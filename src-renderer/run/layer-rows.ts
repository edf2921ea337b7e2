import type { JournalRow } from '../../src-main/contract/run.ts'
import { t } from '../locales/i18n.ts'
import { isActive, type LiveRun } from '../stores/live-run.ts'
import { lineWords } from '../words/sayings.ts'

/** One part of the file as the timeline shows it. */
export interface LayerRow {
  readonly layer: number | null
  readonly name: string
  readonly short: string
  readonly state: 'done' | 'active' | 'waiting'
  readonly words: string
  readonly journal: JournalRow | null
}

/**
 * The parts of the file in the order they are written, those outside the layers first, with what the journal and the last progress say of
 * each.
 */
export function layerRows(live: LiveRun): LayerRow[] {
  const layers = live.detail.model?.layers ?? live.progress?.layers ?? 0
  const byLayer = new Map(live.detail.journal.map((row) => [row.layer, row]))
  const { summary } = live.detail
  const working = isActive(summary.state) && summary.stage === 'compress' && live.progress !== null
  const places = [null, ...Array.from({ length: layers }, (_, layer) => layer)]
  return places.map((layer) => {
    const journal = byLayer.get(layer) ?? null
    const active = journal === null && working && live.progress?.layer === layer
    const state = journal ? 'done' : active ? 'active' : 'waiting'
    return {
      layer,
      state,
      journal,
      words: t(`run.layerState-${state}`),
      name: layer === null ? t('run.outsideLayersTitle') : t('run.layerNumber', { layer: layer + 1 }),
      short: layer === null ? t('run.outsideShort') : String(layer + 1),
    }
  })
}

/** What is known of one part beyond the journal. */
export interface LayerFacts {
  readonly tensors: number
  /** Bytes it takes by the plan. */
  readonly plannedBytes: number
  /** Its share of the loss the plan predicts, nats per token; null where nothing is predicted. */
  readonly expectedError: number | null
  /** Mean relative error of its experts' learned matrices so far; null where nothing was learned. */
  readonly learnedError: number | null
  readonly log: readonly string[]
}

/** Everything else there is to say of a layer. */
export function layerFacts(live: LiveRun, layer: number | null): LayerFacts {
  const cells = live.detail.plan?.cells.filter((cell) => cell.layer === layer) ?? []
  const predicted = cells.flatMap(({ expectedError }) => expectedError ?? [])
  const learned = [...live.learning.experts.values()].filter((each) => each.layer === layer)
  return {
    tensors: cells.length,
    plannedBytes: cells.reduce((sum, { bytes }) => sum + bytes, 0),
    expectedError: predicted.length === 0 ? null : predicted.reduce((sum, each) => sum + each, 0),
    learnedError: learned.length === 0 ? null : learned.reduce((sum, { error }) => sum + error, 0) / learned.length,
    log: live.log.filter((line) => line.layer === layer).map(({ line }) => lineWords(line)),
  }
}
