import type { Gauges } from '../contract/machine.ts'

/** Most samples kept of a run. */
export const MOST_KEPT_SAMPLES = 2000

/**
 * A sample more. When they get too many, of every four neighbors those two stay in which the engine held most and least memory, so that
 * peaks and valleys outlive any number of thinnings.
 */
export function addSample(samples: readonly Gauges[], sample: Gauges): Gauges[] {
  const all = [...samples, sample]
  return all.length <= MOST_KEPT_SAMPLES ? all : thin(all)
}

function thin(samples: readonly Gauges[]): Gauges[] {
  const kept: Gauges[] = []
  for (let start = 0; start < samples.length; start += 4) {
    const four = samples.slice(start, start + 4).map((sample, index) => ({ sample, index }))
    const byMemory = four.toSorted((a, b) => a.sample.engineBytes - b.sample.engineBytes || a.index - b.index)
    const ends = [...new Set([byMemory[0], byMemory.at(-1)])].filter((end) => end !== undefined)
    kept.push(...ends.sort((a, b) => a.index - b.index).map(({ sample }) => sample))
  }
  return kept
}
