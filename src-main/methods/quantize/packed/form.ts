import { EXPERT_ROLES, roleShape } from '../../../architectures/parts.ts'
import type { AttentionRole } from '../../../calibration/layer-at-hand.ts'
import { ExpectedError } from '../../../contract/errors.ts'
import { PACKED_BITS } from '../../../contract/form.ts'
import type { LayerForm, ModelForm, PackedForm } from '../../../contract/form.ts'
import { packedProblem } from '../../../forms/packed.ts'
import type { FormPlanInput, ModelOutline } from '../../method.ts'
import { groupSizeFor } from './settings.ts'
import type { PackedSettings } from './settings.ts'

/** The attention matrices, in the order they are packed. */
export const ATTENTION_ROLES = ['query', 'key', 'value', 'attentionOutput'] as const satisfies readonly AttentionRole[]

/** A width a matrix may have. */
export type Width = PackedForm['bits'][number]

/** Widths loaders of the GPTQ layout know. */
const GPTQ_WIDTHS: readonly Width[] = [2, 3, 4, 8]

/** Widths a format holds, growing. */
export function widthsIn(format: FormPlanInput['format']): readonly Width[] {
  return format === 'safetensors-gptq' ? GPTQ_WIDTHS : PACKED_BITS
}

/**
 * Widths all expert matrices of this model can be packed to in this format, growing. Throws ExpectedError 'method-not-applicable' when
 * there is none.
 */
export function storableWidths(
  { outline, format }: Pick<FormPlanInput, 'outline' | 'format'>,
  method: string,
  groupSize: number,
): readonly Width[] {
  const found = widthsIn(format).filter((width) => EXPERT_ROLES.every((role) => problemOf(outline, role, width, groupSize) === null))
  if (found.length > 0) return found
  const problem = EXPERT_ROLES.map((role) => problemOf(outline, role, 8, groupSize)).find((each) => each !== null)
  if (problem === undefined) throw new RangeError(`no width of ${format} holds the experts, though 8 bits would`)
  throw new ExpectedError('method-not-applicable', { method, ...problem })
}

/** Refuses widths, of experts or attention, that the format does not hold. Throws ExpectedError 'method-not-applicable'. */
export function requireWidths(
  { outline, format }: Pick<FormPlanInput, 'outline' | 'format'>,
  method: string,
  widths: readonly number[],
  settings: PackedSettings,
): void {
  const held: readonly number[] = widthsIn(format)
  const attention = settings.attentionBits === 'keep' ? [] : [Number(settings.attentionBits)]
  const missing = [...widths, ...attention].find((width) => !held.includes(width))
  if (missing !== undefined)
    throw new ExpectedError('method-not-applicable', { method, reason: 'width-not-held', format, width: missing, held, use: 'safetensors' })
  for (const [roles, list] of [
    [EXPERT_ROLES, widths],
    [ATTENTION_ROLES, attention],
  ] as const) {
    for (const role of roles) {
      for (const width of list) {
        const problem = problemOf(outline, role, width, settings.groupSize)
        if (problem !== null) throw new ExpectedError('method-not-applicable', { method, ...problem })
      }
    }
  }
}

type Role = (typeof EXPERT_ROLES)[number] | AttentionRole

function problemOf({ shape }: ModelOutline, role: Role, width: number, groupSize: number) {
  const size = roleShape(shape, role)
  const problem = packedProblem(width, groupSizeFor(size.at(-1) ?? 1, groupSize), size)
  return problem === null ? null : { ...problem, role, width }
}

/** The form that packs each expert, all three matrices, at its width and attention as the settings say. @param widths (layers, experts) */
export function packedForm({ shape }: ModelOutline, widths: readonly (readonly Width[])[], settings: PackedSettings): ModelForm {
  const packed = (role: Role, bits: readonly Width[]): PackedForm => {
    return { kind: 'packed', groupSize: groupSizeFor(roleShape(shape, role).at(-1) ?? 1, settings.groupSize), bits: [...bits] }
  }
  const { attentionBits } = settings
  const attention: LayerForm =
    attentionBits === 'keep'
      ? {}
      : Object.fromEntries(ATTENTION_ROLES.map((role) => [role, packed(role, [asWidth(Number(attentionBits))])]))
  const layers = widths.map((inLayer): LayerForm => ({
    ...attention,
    ...Object.fromEntries(EXPERT_ROLES.map((role) => [role, packed(role, inLayer)])),
  }))
  return { version: 1, layers, pruning: null }
}

/** A number that is a width. Throws RangeError for others: a caller's bug. */
export function asWidth(width: number): Width {
  const found = PACKED_BITS.find((one) => one === width)
  if (found === undefined) throw new RangeError(`no matrix can be packed to ${width} bits`)
  return found
}

/** Width of one matrix of a form; null where it is not packed. */
export function widthOf(form: ModelForm, layer: number, role: string, expert: number | null): Width | null {
  const found = Object.entries(form.layers[layer] ?? {}).find(([key]) => key === role)?.[1]
  return found?.kind === 'packed' ? (found.bits[expert ?? 0] ?? null) : null
}
