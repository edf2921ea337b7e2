import type { Gauges } from '../../src-main/contract/machine.ts'

/** Samples kept of a run: more than a screen shows. */
export const MOST_SAMPLES = 2000

/** The machine's state over a run, oldest first. Mutable and large: pages watch a revision beside it. */
export interface GaugeHistory {
  samples: Gauges[]
  last: Gauges | null
  /** Seconds between two samples that are kept. */
  every: number
}

export function newGauges(kept: readonly Gauges[] = []): GaugeHistory {
  const history: GaugeHistory = { samples: [], last: null, every: 0 }
  for (const sample of kept) gauge(history, sample)
  return history
}

/** Takes a sample in. When the history is full, every second one goes, so that it keeps its whole length. */
export function gauge(history: GaugeHistory, sample: Gauges): void {
  // A run that went on after a stop may count its seconds from an earlier point.
  if (history.last && sample.at < history.last.at) history.samples = history.samples.filter(({ at }) => at < sample.at)
  history.last = sample
  const before = history.samples.at(-1)
  if (before && sample.at - before.at < history.every) return
  history.samples.push(sample)
  if (history.samples.length <= MOST_SAMPLES) return
  history.samples = history.samples.filter((_, index) => index % 2 === 0)
  const [first, second] = history.samples
  history.every = first && second ? second.at - first.at : 0
}
