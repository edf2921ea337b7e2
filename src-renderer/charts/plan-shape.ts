import type { Plan, PlanCell } from '../../src-main/contract/plan.ts'
import { t } from '../locales/i18n.ts'
import { bits } from '../words/numbers.ts'
import { ROLE_ORDER } from '../words/roles.ts'
import { bitsStep, type BitsStep } from './bits-scale.ts'
import { noteWords } from '../words/sayings.ts'

/** What one stored type adds up to in a plan. */
export interface TypeTotal {
  readonly detail: string
  readonly step: BitsStep
  readonly bytes: number
  readonly weights: number
  readonly tensors: number
}

/** Bytes by type, most bits first. Factors are one type, whatever their ranks; what they share holds no weights of its own. */
export function typeTotals(cells: readonly PlanCell[]): TypeTotal[] {
  const byType = new Map<string, { bytes: number; weights: number; tensors: number }>()
  for (const cell of cells) {
    const type = cell.action === 'factor' ? t('compare.factors') : cell.detail
    const total = byType.get(type) ?? { bytes: 0, weights: 0, tensors: 0 }
    byType.set(type, { bytes: total.bytes + cell.bytes, weights: total.weights + cell.weights, tensors: total.tensors + 1 })
  }
  return [...byType]
    .map(([detail, total]) => ({ detail, ...total, step: bitsStep(total.bytes, total.weights) }))
    .sort((a, b) => b.bytes / b.weights - a.bytes / a.weights)
}

/** What is stored at one place of the grid: one tensor, or the tensors of all experts and what they share. */
export interface GridCell {
  readonly detail: string
  readonly bytes: number
  readonly weights: number
  /** Said when pointed at. */
  readonly title: string
}

/** A plan as a grid: layers down, roles across; small always-exact roles are left out. */
export interface PlanGrid {
  readonly roles: readonly string[]
  readonly rows: readonly { readonly layer: number | null; readonly cells: readonly (GridCell | null)[] }[]
}

const ALWAYS_EXACT = /Norm$|^router$/

export function planGrid(plan: Plan): PlanGrid {
  const shown = plan.cells.filter((cell) => !ALWAYS_EXACT.test(cell.role))
  const inLayers = shown.filter((cell) => cell.layer !== null)
  const roles = [...new Set(inLayers.map((cell) => cell.role))].sort((a, b) => rank(a) - rank(b))
  const layers = [...new Set(inLayers.map((cell) => cell.layer))].sort((a, b) => Number(a) - Number(b))
  const byPlace = new Map<string, PlanCell[]>()
  for (const cell of inLayers) {
    const place = `${cell.layer} ${cell.role}`
    const there = byPlace.get(place)
    if (there) there.push(cell)
    else byPlace.set(place, [cell])
  }
  return { roles, rows: layers.map((layer) => ({ layer, cells: roles.map((role) => gridCell(byPlace.get(`${layer} ${role}`) ?? [])) })) }
}

function gridCell(cells: readonly PlanCell[]): GridCell | null {
  const [first] = cells
  if (first === undefined) return null
  const bytes = cells.reduce((sum, cell) => sum + cell.bytes, 0)
  const weights = cells.reduce((sum, cell) => sum + cell.weights, 0)
  // What the experts share is part of the size, but not one of them.
  const own = cells.filter((cell) => cell.weights > 0)
  if (cells.length === 1) return { detail: first.detail, bytes, weights, title: first.note ? noteWords(first.note) : first.tensor }
  return { detail: togetherWords(own, bytes, weights), bytes, weights, title: countsWords(own) }
}

function togetherWords(cells: readonly PlanCell[], bytes: number, weights: number): string {
  const ranks = cells.flatMap((cell) => (cell.rank === null ? [] : [cell.rank]))
  if (ranks.length > 0) {
    const [low, high] = [ranks.reduce((a, b) => Math.min(a, b)), ranks.reduce((a, b) => Math.max(a, b))]
    return low === high ? t('compare.rank', { rank: low }) : t('compare.rank', { rank: `${low}–${high}` })
  }
  const details = new Set(cells.map((cell) => cell.detail))
  const [only] = details
  return details.size === 1 && only !== undefined ? only : t('compare.bits', { bits: bits((bytes * 8) / Math.max(1, weights)) })
}

/** "40 x 2 bits, 12 x 3 bits", most first. */
function countsWords(cells: readonly PlanCell[]): string {
  const counts = new Map<string, number>()
  for (const { detail } of cells) counts.set(detail, (counts.get(detail) ?? 0) + 1)
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 8)
    .map(([detail, count]) => `${count} × ${detail}`)
    .join(', ')
}

/** The tensors outside the layers that a type was chosen for. */
export function outsideCells(plan: Plan): PlanCell[] {
  return plan.cells.filter((cell) => cell.layer === null && !ALWAYS_EXACT.test(cell.role))
}

function rank(role: string): number {
  const at = ROLE_ORDER.indexOf(role)
  return at < 0 ? ROLE_ORDER.length : at
}
