import { EXPERT_ROLES } from '../../../architectures/parts.ts'
import type { ExpertRole } from '../../../architectures/parts.ts'
import type { ModelShape } from '../../../architectures/architecture.ts'
import { ExpectedError } from '../../../contract/errors.ts'
import type { LayerForm, ModelForm } from '../../../contract/form.ts'
import { folderBytes } from '../../../forms/folder-tensors.ts'
import { bytesOfForm, expertParameters, keepsLimit, outlineTensors, plainExpertParameters, plainForm } from '../../limit.ts'
import type { Limit } from '../../limit.ts'
import type { FormPlanInput, ModelOutline, SizeRange } from '../../method.ts'

/** What a factor method can be held to. */
export type Bound = Exclude<Limit, { kind: 'expert-bits' }>

/**
 * The limit of a factor method's plan. Throws ExpectedError 'budget-invalid' for mean bits of codes, of which factors have none, and
 * 'budget-too-small' for a dense rebuild, which always has the original's bytes.
 */
export function boundOf(input: FormPlanInput): Bound {
  const { limit, outline, format } = input
  if (limit.kind === 'expert-bits') throw new ExpectedError('budget-invalid', { reason: 'bits-of-factors', bits: limit.bits })
  const plain = bytesOfForm(outline, plainForm(outline))
  if (format === 'safetensors-dense' && limit.kind === 'bytes' && limit.bytes < plain) {
    throw new ExpectedError('budget-too-small', { budgetBytes: limit.bytes, smallestBytes: plain })
  }
  return limit
}

/**
 * Throws ExpectedError 'budget-too-small' when not even the smallest form keeps the bound, with its bytes and its share of the expert
 * parameters.
 */
export function assertReachable(outline: ModelOutline, smallest: ModelForm, bound: Bound): void {
  if (keepsLimit(outline, smallest, bound)) return
  const tensors = outlineTensors(outline, smallest)
  throw new ExpectedError('budget-too-small', {
    ...(bound.kind === 'bytes' ? { budgetBytes: bound.bytes } : { keptShare: bound.kept }),
    smallestBytes: folderBytes(tensors).total,
    smallestShare: expertParameters(tensors) / plainExpertParameters(outline),
  })
}

/** The largest n of low..high for which `fits` holds, which is true for `low` and, once false, stays false. */
export function largestThat(low: number, high: number, fits: (n: number) => boolean): number {
  let [sure, end] = [low, high]
  while (sure < end) {
    const middle = Math.ceil((sure + end) / 2)
    if (fits(middle)) sure = middle
    else end = middle - 1
  }
  return sure
}

/** The smallest folder a method makes and the plain one; a dense rebuild has only one size. */
export function rangeFrom(outline: ModelOutline, format: FormPlanInput['format'], smallest: ModelForm): SizeRange {
  const largestBytes = bytesOfForm(outline, plainForm(outline))
  return { smallestBytes: format === 'safetensors-dense' ? largestBytes : bytesOfForm(outline, smallest), largestBytes }
}

/** A form made of its layers. */
export function formOfLayers(layers: readonly LayerForm[]): ModelForm {
  return { version: 1, layers: [...layers], pruning: null }
}

/** (out, in) of a role's matrix of one expert. */
export function expertSize(
  role: ExpertRole,
  { hidden, expertWidth }: Pick<ModelShape, 'hidden' | 'expertWidth'>,
): readonly [number, number] {
  return role === 'expertDown' ? [hidden, expertWidth] : [expertWidth, hidden]
}

/** The largest rank at which two factors hold fewer numbers than the matrix, in whole multiples; 0 when there is none. */
export function largestSavingRank(rows: number, columns: number, multiple: number): number {
  const largest = Math.ceil((rows * columns) / (rows + columns)) - 1
  return Math.floor(largest / multiple) * multiple
}

/** Expert roles that have a form in this layer. */
export function formedRoles(form: LayerForm): ExpertRole[] {
  return EXPERT_ROLES.filter((role) => form[role] !== undefined)
}
