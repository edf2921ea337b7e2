import type { MethodCard } from '../../src-main/contract/calls.ts'
import type { ModelSummary } from '../../src-main/contract/model.ts'
import type { Budget, BudgetBreakdown, FormatName } from '../../src-main/contract/recipe.ts'

const GIBIBYTE = 2 ** 30
const SMALLEST_CONTEXT = 512

/** What a card has where nothing is known of this machine. */
const USUAL_CARD = 12 * GIBIBYTE

/** What of a method decides the budgets it takes. */
export type BudgetTaker = Pick<MethodCard, 'bitsOver' | 'removes'>

/** One press that makes an impossible budget possible. */
export interface Fix {
  readonly budget: Budget
  readonly change: 'raise' | 'shorter-context'
}

/** Kinds of budget a method takes for a format, the usual one first. A dense rebuild has the original's size, so no size can bound it. */
export function budgetKinds(method: BudgetTaker, format: FormatName): Budget['kind'][] {
  const own: Budget['kind'][] = method.removes ? ['remove'] : []
  if (format === 'safetensors-dense') return method.bitsOver === 'experts' ? [...own, 'bits'] : own
  return ['vram', 'size', 'percent', 'bits', ...own]
}

/** Whether a budget bounds something else than the file's bytes, so that only the plan knows the size. */
export function isNominal(budget: Budget, method: Pick<MethodCard, 'bitsOver'>): boolean {
  return budget.kind === 'remove' || (budget.kind === 'bits' && method.bitsOver === 'experts')
}

/** The largest file the budget really leads to: nothing is gained above the largest version. */
export function reachableBytes(breakdown: BudgetBreakdown): number {
  return Math.min(breakdown.fileBytes, breakdown.largestBytes)
}

/** About the size a budget wishes for; for bits and shares of the experts, as if the rest shrank alike or stayed. */
export function wishedBytes(budget: Budget, breakdown: BudgetBreakdown, model: ModelSummary, method: Pick<MethodCard, 'bitsOver'>): number {
  if (budget.kind === 'remove') return breakdown.originalBytes * (1 - (budget.percent / 100) * expertShare(model))
  if (budget.kind === 'bits' && method.bitsOver === 'experts') return (budget.bitsPerWeight * model.parameters.total) / 8
  return Math.max(breakdown.smallestBytes, reachableBytes(breakdown))
}

/** The same wish in another kind of budget, so that switching kinds doesn't lose it; for a card, the memory there is. */
export function convertBudget(
  kind: Budget['kind'],
  bytes: number,
  breakdown: BudgetBreakdown,
  model: ModelSummary,
  memoryBytes = USUAL_CARD,
): Budget {
  const share = bytes / breakdown.originalBytes
  switch (kind) {
    case 'size':
      return { kind, bytes: Math.round(bytes) }
    case 'percent':
      return { kind, percent: clampPercent(share * 100) }
    case 'bits':
      return { kind, bitsPerWeight: Math.min(32, roundUp((bytes * 8) / model.parameters.total, 0.05)) }
    case 'vram':
      return { kind, vramBytes: memoryBytes, contextTokens: Math.min(16384, model.contextLength) }
    case 'remove':
      return { kind, percent: Math.min(90, Math.max(5, Math.round(((1 - share) / expertShare(model)) * 100))) }
  }
}

/** The nearest budgets that can be met, when this one can't. */
export function nearestFixes(budget: Budget, breakdown: BudgetBreakdown): Fix[] {
  if (breakdown.feasible) return []
  const { smallestBytes } = breakdown
  switch (budget.kind) {
    case 'size':
      return [{ change: 'raise', budget: { kind: 'size', bytes: smallestBytes } }]
    case 'percent':
      return [
        {
          change: 'raise',
          budget: { kind: 'percent', percent: clampPercent(roundUp((smallestBytes / breakdown.originalBytes) * 100, 0.1)) },
        },
      ]
    case 'bits':
      return [{ change: 'raise', budget: { kind: 'bits', bitsPerWeight: roundUp((smallestBytes * 8) / weightsOf(breakdown), 0.01) } }]
    case 'vram':
      return cardFixes(budget, breakdown)
    // A share of the parameters bounds no bytes; the plan says whether it can be met.
    case 'remove':
      return []
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
  const context = Math.floor(spare / (memory.kvCacheBytes / memory.contextTokens) / 256) * 256
  if (context >= SMALLEST_CONTEXT) fixes.push({ change: 'shorter-context', budget: { ...budget, contextTokens: context } })
  fixes.push({ change: 'raise', budget: { ...budget, vramBytes: roundUp(card / GIBIBYTE, 0.5) * GIBIBYTE } })
  return fixes
}

/** Part of the model's parameters that are the experts', 0..1. */
export function expertShare({ parameters }: Pick<ModelSummary, 'parameters'>): number {
  return parameters.experts / parameters.total
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
