import type { Plan, PlanCell } from '../../src-main/contract/plan.ts'
import type { TensorAudit } from '../../src-main/contract/report.ts'
import type { HeatData } from './paint-heat.ts'

/** A number for every expert of every layer; NaN where there is none. */
export interface ExpertValues {
  readonly layers: number
  readonly experts: number
  at(layer: number, expert: number): number
  /** Whether something is to be said of this expert. */
  marked(layer: number, expert: number): boolean
}

interface Sample {
  readonly layer: number
  readonly expert: number
  readonly value: number
  readonly weight: number
  readonly mark?: boolean
}

/** The weighted mean of the samples of each expert, on a map of `least` this size; null when there are none. */
export function meanByExpert(samples: readonly Sample[], least = { layers: 0, experts: 0 }): ExpertValues | null {
  if (samples.length === 0) return null
  const layers = samples.reduce((most, { layer }) => Math.max(most, layer + 1), least.layers)
  const experts = samples.reduce((most, { expert }) => Math.max(most, expert + 1), least.experts)
  const sums = new Float64Array(layers * experts)
  const weights = new Float64Array(layers * experts)
  const marks = new Set<number>()
  for (const { layer, expert, value, weight, mark } of samples) {
    const at = layer * experts + expert
    sums[at] = (sums[at] ?? 0) + value * weight
    weights[at] = (weights[at] ?? 0) + weight
    if (mark) marks.add(at)
  }
  return {
    layers,
    experts,
    at: (layer, expert) => (sums[layer * experts + expert] ?? NaN) / (weights[layer * experts + expert] ?? 0),
    marked: (layer, expert) => marks.has(layer * experts + expert),
  }
}

/** Rank kept of each expert's factored matrices, their mean; null for a plan that factors none. */
export function expertRanks(plan: Plan): ExpertValues | null {
  return meanByExpert(plan.cells.flatMap((cell) => (cell.rank === null ? [] : sampleOf(cell, cell.rank))))
}

/** Bits of each expert's codes, the mean of its matrices; null for a plan that packs none. Scales are not counted, as in the papers. */
export function expertBits(plan: Plan): ExpertValues | null {
  return meanByExpert(
    plan.cells.flatMap((cell) => {
      const width = widthOf(plan, cell)
      return width === null ? [] : sampleOf(cell, width)
    }),
  )
}

function sampleOf({ layer, expert, weights, note }: PlanCell, value: number): Sample[] {
  return layer === null || expert === null || weights === 0 ? [] : [{ layer, expert, value, weight: weights, mark: note !== null }]
}

function widthOf(plan: Plan, { layer, expert, role }: PlanCell): number | null {
  if (layer === null || expert === null) return null
  const form = Object.entries(plan.form?.layers[layer] ?? {}).find(([key]) => key === role)?.[1]
  return form?.kind === 'packed' ? (form.bits[expert] ?? form.bits[0] ?? null) : null
}

/** Relative error found in each expert's written matrices, the mean by size; null where experts were not judged one by one. */
export function expertErrors(audit: readonly TensorAudit[]): ExpertValues | null {
  return meanByExpert(
    audit.flatMap(({ layer, expert, relativeError, weights }) =>
      layer === null || expert === undefined ? [] : [{ layer, expert, value: relativeError, weight: weights }],
    ),
  )
}

/** The lowest and highest value there is. */
export function rangeOf({ layers, experts, at }: ExpertValues): { low: number; high: number } {
  let [low, high] = [Infinity, -Infinity]
  for (let layer = 0; layer < layers; layer += 1) {
    for (let expert = 0; expert < experts; expert += 1) {
      const value = at(layer, expert)
      if (value < low) low = value
      if (value > high) high = value
    }
  }
  return { low, high }
}

/** The mean over the experts there is a value for; NaN without any. */
export function meanOf({ layers, experts, at }: ExpertValues): number {
  let [sum, found] = [0, 0]
  for (let layer = 0; layer < layers; layer += 1) {
    for (let expert = 0; expert < experts; expert += 1) {
      const value = at(layer, expert)
      if (Number.isNaN(value)) continue
      sum += value
      found += 1
    }
  }
  return sum / found
}

/** A range of values, as a scale of colors spans it. */
export interface ValueRange {
  readonly low: number
  readonly high: number
}

/** The values as colors, from the lowest (or nothing) to the highest of `range`; equal ones in the middle. */
export function heatOf(values: ExpertValues, fromZero = false, range: ValueRange = rangeOf(values)): HeatData {
  const { low: least, high } = range
  const low = fromZero ? Math.min(0, least) : least
  return {
    rows: values.layers,
    columns: values.experts,
    marked: (row, column) => values.marked(row, column),
    value: (row, column) => (high > low ? (values.at(row, column) - low) / (high - low) : values.at(row, column) * 0 + 0.5),
  }
}

const DIFFERENCE_RAMP = ['--differ-0', '--differ-1', '--differ-2', '--differ-3', '--differ-4']

/** Differences as colors: no difference in the middle, as far to one side as to the other. */
export function differenceHeat(values: ExpertValues): HeatData {
  const { low, high } = rangeOf(values)
  const most = Math.max(Math.abs(low), Math.abs(high)) || 1
  return {
    rows: values.layers,
    columns: values.experts,
    ramp: DIFFERENCE_RAMP,
    marked: () => false,
    value: (row, column) => 0.5 + values.at(row, column) / (2 * most),
  }
}

/** The range that holds the values of all these. */
export function sharedRange(all: readonly ExpertValues[]): ValueRange {
  const ranges = all.map(rangeOf)
  return { low: Math.min(...ranges.map(({ low }) => low)), high: Math.max(...ranges.map(({ high }) => high)) }
}

/** One layer of the table that says the same as the map. */
export interface LayerSpread {
  readonly layer: number
  readonly low: number
  readonly lowAt: number
  readonly mean: number
  readonly high: number
  readonly highAt: number
}

/** Lowest, mean and highest value by layer; layers without any are left out. */
export function spreadByLayer({ layers, experts, at }: ExpertValues): LayerSpread[] {
  return Array.from({ length: layers }, (_, layer) => {
    const found = Array.from({ length: experts }, (__, expert) => ({ expert, value: at(layer, expert) })).filter(
      ({ value }) => !Number.isNaN(value),
    )
    const sorted = [...found].sort((a, b) => a.value - b.value)
    const [first, last] = [sorted[0], sorted.at(-1)]
    return first && last
      ? [
          {
            layer,
            low: first.value,
            lowAt: first.expert,
            mean: found.reduce((sum, { value }) => sum + value, 0) / found.length,
            high: last.value,
            highAt: last.expert,
          },
        ]
      : []
  }).flat()
}
