import { fileBudget, smallestCard } from '../allocation/budget.ts'
import { sourcesOf } from '../calibration/stored-tensors.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { Budget, BudgetBreakdown, FormatName } from '../contract/recipe.ts'
import { DEFAULT_ALIGNMENT } from '../formats/gguf/limits.ts'
import type { Limit } from '../methods/limit.ts'
import type { ModelOutline, SizeInput, SizeRange } from '../methods/method.ts'
import { whyUnsuited } from '../methods/suits.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { isWeightDtype } from '../tensor/dtype.ts'
import { layoutOf } from './source.ts'
import type { Source } from './source.ts'
import { wayOf } from './way.ts'
import type { Way } from './way.ts'

/** What of a recipe decides its budget. */
export interface BudgetRequest {
  readonly budget: Budget
  readonly method: string
  readonly format: FormatName | null
  readonly parameters: Readonly<Record<string, unknown>>
}

/** Bytes of the header of any GGUF file written from `source`, and the alignment of its data. */
export function sizeInput(source: Source, parameters: BudgetRequest['parameters']): SizeInput {
  const { headerBytes } = layoutOf(source, () => 'F32')
  return { tensors: source.tensors, headerBytes: headerBytes.byteLength, alignment: DEFAULT_ALIGNMENT, parameters }
}

/** The model's tensors, as an exported folder must hold them. */
export function outlineOf(model: MoeModel): ModelOutline {
  return {
    architecture: model.architecture,
    shape: model.shape,
    dtypeOf: (place) => {
      const storage = sourcesOf(model, place)[place.expert ?? 0]?.storage
      if (storage === undefined || !isWeightDtype(storage)) throw new RangeError(`${place.name} is stored as ${storage}`)
      return storage
    },
  }
}

/**
 * The request's budget in bytes, with what the method can reach on this model. A budget of expert parameters or expert bits is not one of
 * bytes: its plan may be as large as it comes. Throws ExpectedError 'method-unknown', 'method-not-applicable', 'budget-invalid' or
 * 'request-invalid'.
 */
export function budgetOf(request: BudgetRequest, source: Source): BudgetBreakdown {
  const way = wayOf(request)
  requireSuited(way, source.model)
  const range = rangeOf(way, source, request.parameters)
  const nominal = nominalLimit(request.budget, way)
  return fileBudget(nominal === null ? request.budget : { kind: 'size', bytes: range.largestBytes }, {
    shape: source.model.shape,
    originalBytes: source.facts.bytes,
    weights: source.tensors.reduce((sum, tensor) => sum + tensor.weights, 0),
    expertShare: source.summary.parameters.experts / source.summary.parameters.total,
    ...range,
  })
}

/**
 * What bounds the plan: the expert bits or parameters asked for, else the bytes of the breakdown. Throws ExpectedError 'budget-invalid'.
 */
export function planLimitOf(request: BudgetRequest, breakdown: BudgetBreakdown): Limit {
  return nominalLimit(request.budget, wayOf(request)) ?? { kind: 'bytes', bytes: breakdown.fileBytes }
}

/** Throws ExpectedError 'method-not-applicable' {method, title, reason} where the method can't serve the model. */
function requireSuited(way: Way, model: MoeModel): void {
  const { method } = way
  const unsuited = whyUnsuited(method, 'forms' in way ? 'folder' : 'file', model)
  if (unsuited === null) return
  const { id, title } = method
  throw new ExpectedError('method-not-applicable', { method: id, title, family: model.architecture.title, reason: unsuited })
}

function rangeOf(way: Way, source: Source, parameters: BudgetRequest['parameters']): SizeRange {
  if (way.format === 'gguf') return way.blocks.sizeRange(sizeInput(source, parameters))
  return way.forms.sizeRange({ outline: outlineOf(source.model), format: way.format, parameters })
}

function nominalLimit(budget: Budget, { method, format }: Way): Limit | null {
  if (budget.kind === 'bits' && method.bitsOver === 'experts') return { kind: 'expert-bits', bits: budget.bitsPerWeight }
  if (format === 'safetensors-dense' && (budget.kind === 'size' || budget.kind === 'percent' || budget.kind === 'vram')) {
    throw new ExpectedError('budget-invalid', { reason: 'dense-size', format })
  }
  if (budget.kind !== 'remove') return null
  if (method.family !== 'factor') throw new ExpectedError('budget-invalid', { reason: 'only-factors-remove', method: method.id })
  return { kind: 'expert-share', kept: 1 - budget.percent / 100 }
}

/** The same budget, refused when no file can be that small. Throws ExpectedError 'budget-too-small' with the nearest possible size. */
export function requireFeasible(budget: BudgetBreakdown): BudgetBreakdown {
  if (budget.feasible) return budget
  throw new ExpectedError('budget-too-small', {
    budgetBytes: budget.fileBytes,
    smallestBytes: budget.smallestBytes,
    originalBytes: budget.originalBytes,
    memory: budget.memory,
    smallestCardBytes: budget.memory === null ? null : smallestCard(budget.smallestBytes, budget.memory),
  })
}
