import type { HeatData } from '../charts/paint-heat.ts'
import { COLD_BELOW, type LiveCoverage } from '../stores/live-coverage.ts'

/** The map's values: tokens against the busiest expert of the same layer, square-rooted so that rare ones stay visible. */
export function coverageHeat(coverage: LiveCoverage, layers: number, experts: number): HeatData {
  const tokensAt = (row: number, column: number): number => coverage.rows.get(row)?.[column] ?? NaN
  const revisionOf = (row: number): number => coverage.revisions.get(row) ?? 0
  const most = { row: -1, revision: -1, tokens: 1 }
  // Cells are asked for row by row, so the last row's busiest expert is the one wanted next.
  const mostOf = (row: number): number => {
    if (most.row !== row || most.revision !== revisionOf(row))
      Object.assign(most, {
        row,
        revision: revisionOf(row),
        tokens: (coverage.rows.get(row) ?? []).reduce((high, each) => Math.max(high, each), 1),
      })
    return most.tokens
  }
  return {
    rows: layers,
    columns: experts,
    value: (row, column) => Math.sqrt(tokensAt(row, column) / mostOf(row)),
    marked: (row, column) => tokensAt(row, column) < COLD_BELOW,
    live: { revisionOf, listeners: coverage.listeners },
  }
}
