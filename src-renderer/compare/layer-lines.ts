import type { Entry } from './entries.ts'

export const LAYER_MEASURES = ['bytes', 'error'] as const
export type LayerMeasure = (typeof LAYER_MEASURES)[number]

/** One number a layer, in order; null where a layer has none. */
export type LayerLine = readonly (number | null)[]

/** Bytes each layer takes in the written model, or the mean relative error found in its tensors by their size. */
export function layerLine(entry: Entry, measured: LayerMeasure): LayerLine {
  return measured === 'bytes' ? bytesByLayer(entry) : errorByLayer(entry)
}

function bytesByLayer({ detail, report }: Entry): LayerLine {
  return overLayers(
    (detail.plan?.cells ?? report.audit).map(({ layer, bytes }) => ({ layer, value: bytes, weight: 1 })),
    (sum) => sum,
  )
}

function errorByLayer({ report }: Entry): LayerLine {
  return overLayers(
    report.audit.map(({ layer, relativeError, weights }) => ({ layer, value: relativeError * weights, weight: weights })),
    (sum, weight) => sum / weight,
  )
}

function overLayers(
  parts: readonly { layer: number | null; value: number; weight: number }[],
  join: (sum: number, weight: number) => number,
): LayerLine {
  const totals: { sum: number; weight: number }[] = []
  for (const { layer, value, weight } of parts) {
    if (layer === null) continue
    const total = (totals[layer] ??= { sum: 0, weight: 0 })
    total.sum += value
    total.weight += weight
  }
  return Array.from(totals, (total) => (total && total.weight > 0 ? join(total.sum, total.weight) : null))
}
