import type { LayerStatistics, ModelStatistics } from './statistics.ts'

/** A layer's statistics. Throws RangeError when it has none. */
export function layerStatistics(statistics: ModelStatistics, layer: number): LayerStatistics {
  const found = statistics.layers.find((one) => one.layer === layer)
  if (found === undefined) throw new RangeError(`no statistics of layer ${layer}`)
  return found
}
