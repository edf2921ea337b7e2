import type { JournalRow } from '../../src-main/contract/run.ts'
import { isActive, type LiveRun } from '../stores/live-run.ts'

/** One part of the file as the timeline shows it. */
export interface LayerRow {
  readonly name: string
  readonly short: string
  readonly state: 'done' | 'active' | 'waiting'
  readonly words: string
  readonly journal: JournalRow | null
}

/** The parts of the file in the order they are written, those outside the layers first, with what the journal and the last progress say of each. */
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
      name: layer === null ? 'Embedding and output' : `Layer ${layer + 1}`,
      short: layer === null ? 'E/O' : String(layer + 1),
      state, journal, words: journal ? 'written' : active ? 'being written' : 'waiting',
    }
  })
}
