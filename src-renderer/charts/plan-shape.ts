import type { Plan, PlanCell } from '../../src-main/contract/plan.ts'
import { ROLE_ORDER } from '../words/roles.ts'
import { bitsStep, type BitsStep } from './bits-scale.ts'

/** What one stored type adds up to in a plan. */
export interface TypeTotal {
  readonly detail: string
  readonly step: BitsStep
  readonly bytes: number
  readonly weights: number
  readonly tensors: number
}

/** Bytes by type, most bits first. */
export function typeTotals(cells: readonly PlanCell[]): TypeTotal[] {
  const byType = new Map<string, { bytes: number; weights: number; tensors: number }>()
  for (const cell of cells) {
    const total = byType.get(cell.detail) ?? { bytes: 0, weights: 0, tensors: 0 }
    byType.set(cell.detail, { bytes: total.bytes + cell.bytes, weights: total.weights + cell.weights, tensors: total.tensors + 1 })
  }
  return [...byType]
    .map(([detail, total]) => ({ detail, ...total, step: bitsStep(total.bytes, total.weights) }))
    .sort((a, b) => b.bytes / b.weights - a.bytes / a.weights)
}

/** A plan as a grid: layers down (null last: outside the layers), roles across; small always-exact roles are left out. */
export interface PlanGrid {
  readonly roles: readonly string[]
  readonly rows: readonly { readonly layer: number | null; readonly cells: readonly (PlanCell | null)[] }[]
}

const ALWAYS_EXACT = /Norm$|^router$/

export function planGrid(plan: Plan): PlanGrid {
  const shown = plan.cells.filter((cell) => !ALWAYS_EXACT.test(cell.role))
  const inLayers = shown.filter((cell) => cell.layer !== null)
  const roles = [...new Set(inLayers.map((cell) => cell.role))].sort((a, b) => rank(a) - rank(b))
  const layers = [...new Set(inLayers.map((cell) => cell.layer))].sort((a, b) => Number(a) - Number(b))
  const byPlace = new Map(inLayers.map((cell) => [`${cell.layer} ${cell.role}`, cell]))
  return { roles, rows: layers.map((layer) => ({ layer, cells: roles.map((role) => byPlace.get(`${layer} ${role}`) ?? null) })) }
}

/** The tensors outside the layers that a type was chosen for. */
export function outsideCells(plan: Plan): PlanCell[] {
  return plan.cells.filter((cell) => cell.layer === null && !ALWAYS_EXACT.test(cell.role))
}

function rank(role: string): number {
  const at = ROLE_ORDER.indexOf(role)
  return at < 0 ? ROLE_ORDER.length : at
}
