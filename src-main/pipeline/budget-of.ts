import { fileBudget, smallestCard } from '../allocation/budget.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { Budget, BudgetBreakdown } from '../contract/recipe.ts'
import { DEFAULT_ALIGNMENT } from '../formats/gguf/limits.ts'
import { methodById } from '../methods/index.ts'
import type { SizeInput } from '../methods/method.ts'
import { layoutOf } from './source.ts'
import type { Source } from './source.ts'

/** What of a recipe decides its budget. */
export interface BudgetRequest {
  readonly budget: Budget
  readonly method: string
  readonly parameters: Readonly<Record<string, unknown>>
}

/** Bytes of the header of any file written from `source`, and the alignment of its data. */
export function sizeInput(source: Source, parameters: BudgetRequest['parameters']): SizeInput {
  const { headerBytes } = layoutOf(source, () => 'F32')
  return { tensors: source.tensors, headerBytes: headerBytes.byteLength, alignment: DEFAULT_ALIGNMENT, parameters }
}

/** The request's budget in bytes, with what the method can reach on this model. Throws ExpectedError 'method-unknown', 'budget-invalid' or 'request-invalid'. */
export function budgetOf(request: BudgetRequest, source: Source): BudgetBreakdown {
  const range = methodById(request.method).sizeRange(sizeInput(source, request.parameters))
  return fileBudget(request.budget, {
    shape: source.model.shape,
    originalBytes: source.facts.bytes,
    weights: source.tensors.reduce((sum, tensor) => sum + tensor.weights, 0),
    ...range,
  })
}

/** The same budget, refused when no file can be that small. Throws ExpectedError 'budget-too-small' with the nearest possible size. */
export function requireFeasible(budget: BudgetBreakdown): BudgetBreakdown {
  if (budget.feasible) return budget
  throw new ExpectedError('budget-too-small', {
    budgetBytes: budget.fileBytes, smallestBytes: budget.smallestBytes, originalBytes: budget.originalBytes, memory: budget.memory,
    smallestCardBytes: budget.memory === null ? null : smallestCard(budget.smallestBytes, budget.memory),
  })
}
