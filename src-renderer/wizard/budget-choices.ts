import type { Budget, BudgetBreakdown } from '../../src-main/contract/recipe.ts'

const GIBIBYTE = 2 ** 30
const SMALLEST_CONTEXT = 512

/** One press that makes an impossible budget possible. */
export interface Fix {
  readonly budget: Budget
  readonly change: 'raise' | 'shorter-context'
}

/** The largest file the budget really leads to: nothing is gained above the largest version. */
export function reachableBytes(breakdown: BudgetBreakdown): number {
  return Math.min(breakdown.fileBytes, breakdown.largestBytes)
}

/** The same wish in another kind of budget, so that switching kinds doesn't lose it. */
export function convertBudget(kind: Budget['kind'], breakdown: BudgetBreakdown, contextLength: number): Budget {
  const bytes = Math.max(breakdown.smallestBytes, reachableBytes(breakdown))
  switch (kind) {
    case 'size': return { kind, bytes }
    case 'percent': return { kind, percent: clampPercent((bytes / breakdown.originalBytes) * 100) }
    case 'bits': return { kind, bitsPerWeight: roundUp((bytes * 8) / weightsOf(breakdown), 0.05) }
    case 'vram': return { kind, vramBytes: 12 * GIBIBYTE, contextTokens: Math.min(16384, contextLength) }
  }
}

/** The nearest budgets that can be met, when this one can't. */
export function nearestFixes(budget: Budget, breakdown: BudgetBreakdown): Fix[] {
  if (breakdown.feasible) return []
  const { smallestBytes } = breakdown
  switch (budget.kind) {
    case 'size': return [{ change: 'raise', budget: { kind: 'size', bytes: smallestBytes } }]
    case 'percent': return [{ change: 'raise', budget: { kind: 'percent', percent: clampPercent(roundUp((smallestBytes / breakdown.originalBytes) * 100, 0.1)) } }]
    case 'bits': return [{ change: 'raise', budget: { kind: 'bits', bitsPerWeight: roundUp((smallestBytes * 8) / weightsOf(breakdown), 0.01) } }]
    case 'vram': return cardFixes(budget, breakdown)
  }
}

function cardFixes(budget: Extract<Budget, { kind: 'vram' }>, { memory, smallestBytes }: BudgetBreakdown): Fix[] {
  if (!memory) return []
  const need = smallestBytes + memory.kvCacheBytes + memory.computeBytes
  let card = need + memory.reserveBytes
  // The reserve may grow with the card, so the sum is taken a few times over.
  for (let round = 0; round < 8; round += 1) card = need + memory.reserveBytes * Math.max(1, card / memory.vramBytes)
  const fixes: Fix[] = []
  const spare = memory.vramBytes - smallestBytes - memory.computeBytes - memory.reserveBytes
  const context = Math.floor((spare / (memory.kvCacheBytes / memory.contextTokens)) / 256) * 256
  if (context >= SMALLEST_CONTEXT) fixes.push({ change: 'shorter-context', budget: { ...budget, contextTokens: context } })
  fixes.push({ change: 'raise', budget: { ...budget, vramBytes: roundUp(card / GIBIBYTE, 0.5) * GIBIBYTE } })
  return fixes
}

function weightsOf(breakdown: BudgetBreakdown): number {
  return (breakdown.fileBytes * 8) / breakdown.bitsPerWeight
}

function roundUp(value: number, step: number): number {
  return Number((Math.ceil(value / step - 1e-9) * step).toFixed(2))
}

function clampPercent(value: number): number {
  return Math.min(100, Math.max(0.1, Number(value.toFixed(1))))
}
