import { evenWidths } from '../../../allocation/even-widths.ts'
import type { ModelForm } from '../../../contract/form.ts'
import type { Plan } from '../../../contract/plan.ts'
import { assembleFormPlan } from '../../assemble-form-plan.ts'
import { keepsLimit, plainForm } from '../../limit.ts'
import type { FormPlanInput, FormSizeInput, ModelOutline, SizeRange } from '../../method.ts'
import { asWidth, packedForm, requireWidths, storableWidths, widthOf } from './form.ts'
import type { Width } from './form.ts'
import { packedSizeRange, requireReachable, requireRoundingLimit, staysPlain } from './limits.ts'
import type { RoundingLimit } from './limits.ts'
import type { PackedSettings } from './settings.ts'

/**
 * All experts at one width; where the limit lies between two, some at the larger one, spread evenly over the model, with no thought given
 * to who needs it. Under a limit in bytes: the largest number of them that fits. Throws ExpectedError 'budget-invalid', 'budget-too-small',
 * 'method-not-applicable'.
 */
export function planEvenly(method: string, input: FormPlanInput, settings: PackedSettings, rounding: 'nearest' | 'feedback'): Plan {
  const limit = requireRoundingLimit(input.limit, method)
  const { outline } = input
  const widths = storableWidths(input, method, settings.groupSize)
  requireWidths(input, method, [], settings)
  requireReachable(limit, input, widths, packedSizeRange(input, widths, settings))
  if (staysPlain(outline, limit, settings)) return finish(method, input, settings, rounding, plainForm(outline))
  const average = meanWithin(input, limit, widths, settings)
  return finish(method, input, settings, rounding, packedForm(outline, widthsAt(outline, widths, average), settings))
}

/** The mean width a limit allows when it is spread evenly: its own, or the largest whose folder fits, at least the smallest width. */
export function meanWithin(
  { outline, format }: FormPlanInput,
  limit: RoundingLimit,
  widths: readonly Width[],
  settings: PackedSettings,
): number {
  if (limit.kind === 'expert-bits') return limit.bits
  const fits = (mean: number): boolean => keepsLimit(outline, packedForm(outline, widthsAt(outline, widths, mean), settings), limit)
  return largestAverage(outline, widths, (mean) => format === 'safetensors-dense' || fits(mean))
}

/** Smallest and largest folder of {@link planEvenly}. */
export function evenSizeRange(method: string, input: FormSizeInput, settings: PackedSettings): SizeRange {
  return packedSizeRange(input, storableWidths(input, method, settings.groupSize), settings)
}

/** (layers, experts) */
function widthsAt({ shape }: ModelOutline, widths: readonly Width[], average: number): Width[][] {
  const flat = evenWidths(shape.layers * shape.experts, average, widths).map(asWidth)
  return Array.from({ length: shape.layers }, (_, layer) => flat.slice(layer * shape.experts, (layer + 1) * shape.experts))
}

/** The largest mean width that fits, in steps of one expert to its next width; at least the smallest, which fits. */
function largestAverage({ shape }: ModelOutline, widths: readonly Width[], fits: (average: number) => boolean): number {
  const experts = shape.layers * shape.experts
  const averageOf = (step: number): number => {
    const lower = widths[Math.floor(step / experts)] ?? 0
    const upper = widths[Math.floor(step / experts) + 1] ?? lower
    return lower + ((upper - lower) * (step % experts)) / experts
  }
  let low = 0
  let high = (widths.length - 1) * experts
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(averageOf(middle))) low = middle
    else high = middle - 1
  }
  return averageOf(low)
}

function finish(method: string, input: FormPlanInput, settings: PackedSettings, rounding: 'nearest' | 'feedback', form: ModelForm): Plan {
  const bits = (layer: number): Width[] => {
    const found = form.layers[layer]?.expertGate
    return found?.kind === 'packed' ? found.bits : []
  }
  const plan = assembleFormPlan(method, input, {
    form,
    decisions: form.layers.map((_, layer) => ({ bits: bits(layer) })),
    parameters: { ...settings },
    notes: [],
    describe: (layer, role, expert) => ({ detail: detailOf(widthOf(form, layer, role, expert)), expectedError: null }),
  })
  return { ...plan, rounding }
}

/** What a cell says of a packed matrix. */
export function detailOf(width: Width | null): string {
  return width === 1 ? '1 bit' : `${width ?? 0} bits`
}
