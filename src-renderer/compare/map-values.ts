import type { RunMaps } from '../../src-main/contract/bundle.ts'
import type { Plan } from '../../src-main/contract/plan.ts'
import type { TensorAudit } from '../../src-main/contract/report.ts'
import { expertRanks, meanByExpert, type ExpertValues } from '../charts/expert-map.ts'
import type { Entry } from './entries.ts'

export const MAP_KINDS = ['usage', 'saliency', 'bits', 'rank', 'error'] as const
export type MapKind = (typeof MAP_KINDS)[number]

/** A number for each expert of a run; null where it isn't known or doesn't apply. */
export function mapValues(kind: MapKind, { detail, report }: Entry, maps: RunMaps | null): ExpertValues | null {
  const experts = detail.model?.experts ?? 0
  switch (kind) {
    case 'usage':
      return maps?.usage ? sharesOf(maps.usage) : null
    case 'saliency':
      return maps?.saliency ? matrixValues(maps.saliency) : null
    case 'bits':
      return detail.plan ? storedBits(detail.plan, experts) : null
    case 'rank':
      return detail.plan ? expertRanks(detail.plan) : null
    case 'error':
      return foundErrors(report.audit, experts)
  }
}

function matrixValues(matrix: readonly (readonly number[])[]): ExpertValues {
  return {
    layers: matrix.length,
    experts: Math.max(0, ...matrix.map((row) => row.length)),
    at: (layer, expert) => matrix[layer]?.[expert] ?? NaN,
    marked: () => false,
  }
}

/** Share of a layer's tokens: counts alone would compare the lengths of the texts. */
function sharesOf(counts: readonly (readonly number[])[]): ExpertValues {
  return matrixValues(
    counts.map((row) => {
      const sum = row.reduce((total, each) => total + each, 0)
      return row.map((each) => (sum > 0 ? each / sum : NaN))
    }),
  )
}

const EXPERT_ROLE = /^expert(Gate|Up|Down)$/

/**
 * Stored bits per weight of each expert, scales included, so that files and folders compare. Where a layer's experts are one tensor
 * they share its value. Factors are left out: what experts share is nobody's.
 */
export function storedBits(plan: Plan, experts: number): ExpertValues | null {
  const cells = plan.cells.filter((cell) => EXPERT_ROLE.test(cell.role) && cell.weights > 0)
  if (cells.some((cell) => cell.rank !== null)) return null
  return meanByExpert(
    cells.flatMap(({ layer, expert, weights, bytes }) => spread(layer, expert, experts, { value: (bytes * 8) / weights, weight: weights })),
  )
}

/** Relative error of each expert's written matrices; shared where a layer's experts are one tensor. */
export function foundErrors(audit: readonly TensorAudit[], experts: number): ExpertValues | null {
  const own = audit.filter(({ role }) => EXPERT_ROLE.test(role))
  return meanByExpert(
    own.flatMap(({ layer, expert = null, relativeError, weights }) =>
      spread(layer, expert, experts, { value: relativeError, weight: weights }),
    ),
  )
}

function spread(layer: number | null, expert: number | null, experts: number, sample: { value: number; weight: number }) {
  if (layer === null) return []
  if (expert !== null) return [{ layer, expert, ...sample }]
  return Array.from({ length: experts }, (_, each) => ({ layer, expert: each, ...sample }))
}

/** A minus B, expert by expert; null where the two are not of the same shape. */
export function difference(a: ExpertValues, b: ExpertValues): ExpertValues | null {
  if (a.layers !== b.layers || a.experts !== b.experts) return null
  return { layers: a.layers, experts: a.experts, at: (layer, expert) => a.at(layer, expert) - b.at(layer, expert), marked: () => false }
}
