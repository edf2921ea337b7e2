import { pruneToShare } from '../../../calibration/pruning-thresholds.ts'
import { ExpectedError } from '../../../contract/errors.ts'
import type { ModelForm, PruningForm } from '../../../contract/form.ts'
import type { PlanNote } from '../../../contract/notes.ts'
import type { Plan } from '../../../contract/plan.ts'
import { assembleFormPlan } from '../../assemble-form-plan.ts'
import { plainForm } from '../../limit.ts'
import type { FormPlanInput, FormSizeInput, SizeRange } from '../../method.ts'
import { detailOf, meanWithin } from '../packed/even-plan.ts'
import { packedForm, requireWidths, storableWidths, widthOf } from '../packed/form.ts'
import type { Width } from '../packed/form.ts'
import { packedSizeRange, requireReachable, requireRoundingLimit, staysPlain } from '../packed/limits.ts'
import { allocateWidths } from './allocate-widths.ts'
import type { WidthAllocation } from './allocate-widths.ts'
import { layerSensitivity, significanceOf, WidthMeasurement } from './measurement.ts'
import type { ErrorsByNumber } from './measurement.ts'
import { chosenFrom, errorAtWidth } from './settings.ts'
import type { PmqSettings } from './settings.ts'

const METHOD = 'mc'

/** A folder with a width for every expert. Throws ExpectedError 'budget-invalid', 'budget-too-small', 'method-not-applicable'. */
export async function planWidths(input: FormPlanInput, settings: PmqSettings): Promise<Plan> {
  const limit = requireRoundingLimit(input.limit, METHOD)
  const held = allowedWidths(input, settings)
  requireReachable(limit, input, held, packedSizeRange(input, held, settings))
  const layers = input.measurements.map((one) => WidthMeasurement.parse(one))
  const pruning = settings.skipExperts > 0 ? pruningOf(input, layers, settings) : null
  if (staysPlain(input.outline, limit, settings))
    return finish(input, settings, { ...plainForm(input.outline), pruning }, null, pruningNotes(settings))
  if (layers.length !== input.outline.shape.layers) throw new Error(`${layers.length} layers measured of ${input.outline.shape.layers}`)
  const widths = settings.widths.length > 0 ? held : widthsFor(settings, held, meanWithin(input, limit, held, settings))
  const filled = layers.map((layer) => significanceOf(layer, atWidths(layer, widths), widths))
  const found = await allocateWidths({
    input,
    limit,
    widths,
    settings,
    layers: filled.map(({ experts }) => experts),
    sensitivity: layerSensitivity(input.statistics, layers, settings.gamma),
  })
  const unmeasured = filled.reduce((sum, one) => sum + one.unmeasured.length, 0)
  const unfactored = layers.reduce((sum, one) => sum + one.unfactored, 0)
  const notes = [...notesOf(found, settings, widths), ...measurementNotes(unmeasured, unfactored), ...pruningNotes(settings)]
  return finish(input, settings, { ...packedForm(input.outline, found.widths, settings), pruning }, found, notes)
}

/** Smallest and largest folder of {@link planWidths}. */
export function widthsSizeRange(input: FormSizeInput, settings: PmqSettings): SizeRange {
  return packedSizeRange(input, allowedWidths(input, settings), settings)
}

/** Widths the settings name, all of which the format must hold; or those it holds of the measured ones. */
function allowedWidths(input: FormSizeInput, settings: PmqSettings): readonly Width[] {
  const named = chosenFrom(settings)
  if (settings.widths.length > 0) {
    requireWidths(input, METHOD, named, settings)
    return named
  }
  requireWidths(input, METHOD, [], settings)
  const storable = storableWidths(input, METHOD, settings.groupSize)
  return named.filter((width) => storable.includes(width))
}

/** A layer's errors at these widths. */
function atWidths({ errors, weightErrors }: WidthMeasurement, widths: readonly Width[]): ErrorsByNumber {
  const read = (own: Readonly<Record<string, number>>): Record<number, number> =>
    Object.fromEntries(
      widths.flatMap((width) => {
        const error = errorAtWidth(own, width)
        return error === undefined ? [] : [[width, error]]
      }),
    )
  return { errors: errors.map(read), weightErrors: weightErrors.map(read) }
}

/**
 * The widths a program chooses from when none are named. Layer by layer: three neighbours, 1, 2, 3 (the paper's) up to a mean of 2.75 bits,
 * then those of which the middle one is nearest to the mean. Longer lists are worse there, because phi and w count what eps already holds,
 * and drive some experts to 1 bit. KL divergence on wiki-moe16 (nats, 4080 held-out tokens), list as chosen here, longer lists, even bits:
 * 2.05 bits .0512; {1..4} .0553; .0554. 2.56: .0201; {1..4} .0222, {1..6} .0242; .0304 (at 2.53). 3: .0105; {1..4} .0127, {1..6} .0155;
 * .0113. 4: .0027; {1..6} .0040; .0033. Over the model: all.
 */
function widthsFor({ scope }: PmqSettings, held: readonly Width[], mean: number): readonly Width[] {
  if (scope === 'model' || held.length <= 3) return held
  const lists = held.slice(2).map((_, first) => held.slice(first, first + 3))
  // The least is at most the mean, so that every list can keep it.
  const possible = lists.filter(([least = Infinity]) => least <= mean)
  const fitting = possible.filter(([, middle = 0]) => middle <= mean + 0.25)
  return fitting.at(-1) ?? possible[0] ?? held
}

function pruningOf(input: FormPlanInput, layers: readonly WidthMeasurement[], settings: PmqSettings): PruningForm {
  const { skipExperts, protectedShare } = settings
  if (input.format !== 'safetensors') {
    throw new ExpectedError('method-not-applicable', { method: METHOD, reason: 'skips-not-held', format: input.format, use: 'safetensors' })
  }
  const { expertsPerToken } = input.outline.shape
  const most = (1 - protectedShare) * (1 - 1 / expertsPerToken)
  if (skipExperts > most) {
    const problem = { path: 'skipExperts', reason: 'skips-many', most: most.toFixed(3), experts: expertsPerToken } as const
    throw new ExpectedError('request-invalid', { method: METHOD, problems: [problem] })
  }
  const gates = layers.map(({ skipping }) => {
    if (skipping === null) throw new Error('the gates were not measured')
    return { shares: Float64Array.from(skipping.shares), sensitivity: skipping.sensitivity }
  })
  return pruneToShare(gates, { expertsPerToken, keptShare: 1 - skipExperts, protectedShare })
}

function notesOf(found: WidthAllocation, settings: PmqSettings, widths: readonly Width[]): PlanNote[] {
  const notes: PlanNote[] = []
  if (found.withoutTopWidths > 0) notes.push({ note: 'top-widths-dropped', layers: found.withoutTopWidths, widths: [...widths] })
  if (settings.scope === 'model') notes.push({ note: 'one-budget' })
  if (!found.solver.proven) notes.push({ note: 'solver-stopped', gap: found.solver.gap })
  return notes
}

/** What people should know of the measurements behind a plan. */
export function measurementNotes(unmeasured: number, unfactored: number): PlanNote[] {
  return [
    ...(unmeasured === 0 ? [] : [{ note: 'experts-unseen', experts: unmeasured } as const]),
    ...(unfactored === 0 ? [] : [{ note: 'inputs-unfactored', matrices: unfactored } as const]),
  ]
}

function pruningNotes({ skipExperts, protectedShare }: PmqSettings): PlanNote[] {
  return skipExperts === 0 ? [] : [{ note: 'tokens-skip', share: skipExperts, protectedShare }]
}

function finish(
  input: FormPlanInput,
  settings: PmqSettings,
  form: ModelForm,
  found: WidthAllocation | null,
  notes: readonly PlanNote[],
): Plan {
  const plan = assembleFormPlan(METHOD, input, {
    form,
    notes,
    parameters: { ...settings },
    decisions: form.layers.map((_, layer) => ({ bits: found?.widths[layer] ?? [] })),
    ...(found === null ? {} : { solver: found.solver }),
    describe: (layer, role, expert) => {
      const share = expert === null ? undefined : found?.costs[layer]?.[expert]
      // An expert's three matrices are judged together.
      return { detail: detailOf(widthOf(form, layer, role, expert)), expectedError: share === undefined ? null : share / 3 }
    },
  })
  return { ...plan, rounding: 'feedback' }
}
