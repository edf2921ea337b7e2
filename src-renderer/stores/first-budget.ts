import type { Call } from '../../src-main/contract/calls.ts'
import type { ModelSummary } from '../../src-main/contract/model.ts'
import type { Budget, Recipe } from '../../src-main/contract/recipe.ts'
import type { MemoryPlace } from './resources.ts'

const SHORTER_CONTEXTS = [8192, 4096] as const

/**
 * Sensible first budgets, the best first: the best card or the memory for a model that may not fit it, a share for one that fits with ease.
 */
function firstBudgets(model: ModelSummary, place: MemoryPlace | undefined): readonly [Budget, ...Budget[]] {
  if (place === undefined || model.bytes < place.budgetBytes / 2) return [{ kind: 'percent', percent: 35 }]
  const fitting = (tokens: number): Budget => ({
    kind: 'vram',
    vramBytes: place.budgetBytes,
    contextTokens: Math.min(tokens, model.contextLength),
  })
  return [fitting(16384), ...SHORTER_CONTEXTS.map(fitting)]
}

/** The first sensible budget that can be met; the best of all where none can, which the goal page then says. */
export async function firstPossibleBudget(
  call: Call,
  model: ModelSummary,
  place: MemoryPlace | undefined,
  choices: Pick<Recipe, 'preTokenizer' | 'method' | 'format' | 'parameters'>,
): Promise<Budget> {
  const budgets = firstBudgets(model, place)
  const { preTokenizer, method, format, parameters } = choices
  if (budgets.length === 1) return budgets[0]
  for (const budget of budgets)
    if ((await call('budget.explain', { modelPath: model.path, preTokenizer, budget, method, format, parameters })).feasible) return budget
  return budgets[0]
}
