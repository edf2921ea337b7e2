import type { HeatData } from '../charts/paint-heat.ts'

/** An expert that saw fewer tokens than this is called cold. */
export const COLD_BELOW = 64

/** What the coverage map says in one line. */
export interface CoverageSummary {
  readonly experts: number
  readonly warm: number
  readonly layersSeen: number
  readonly least: number
}

export function coverageSummary(coverage: ReadonlyMap<number, readonly number[]>): CoverageSummary {
  const counts = [...coverage.values()].flat()
  return {
    experts: counts.length,
    warm: counts.filter((tokens) => tokens >= COLD_BELOW).length,
    layersSeen: coverage.size,
    least: counts.reduce((least, tokens) => Math.min(least, tokens), Infinity),
  }
}

/** The map's values: tokens against the busiest expert of the same layer, square-rooted so that rare ones stay visible. */
export function coverageHeat(coverage: ReadonlyMap<number, readonly number[]>, layers: number, experts: number): HeatData {
  const most = new Map([...coverage].map(([layer, tokens]) => [layer, Math.max(1, ...tokens)]))
  const tokensAt = (row: number, column: number): number => coverage.get(row)?.[column] ?? NaN
  return {
    rows: layers,
    columns: experts,
    value: (row, column) => Math.sqrt(tokensAt(row, column) / (most.get(row) ?? 1)),
    marked: (row, column) => tokensAt(row, column) < COLD_BELOW,
  }
}
