import * as z from 'zod'
import { EXPERT_ROLES } from '../../../architectures/parts.ts'
import type { ModelShape } from '../../../architectures/architecture.ts'
import { ExpectedError } from '../../../contract/errors.ts'
import type { FactoredForm, LayerForm, ModelForm } from '../../../contract/form.ts'
import type { PlanNote } from '../../../contract/notes.ts'
import type { Plan } from '../../../contract/plan.ts'
import { assembleFormPlan } from '../../assemble-form-plan.ts'
import { keepsLimit, plainForm } from '../../limit.ts'
import type { FormPlanInput, FormSizeInput, FormWay, SizeRange } from '../../method.ts'
import { assertReachable, boundOf, formOfLayers, largestSavingRank, largestThat, rangeFrom } from './bound.ts'

/** The setting all methods with ranks share. */
export const rankMultiple = z.int().min(1).max(256).default(8).describe('Ranks are whole multiples of this')

/** One rank per role; no roles: the layer stays as it is. */
export const EvenDecision = z.object({ ranks: z.partialRecord(z.enum(EXPERT_ROLES), z.int().min(1)) })
type EvenDecision = z.infer<typeof EvenDecision>

/** A method that factors every expert's matrix on its own, all at the same rank as near as the limit allows. */
interface EvenMethod {
  readonly id: string
  /** Whether the factors stand for the difference from a matrix that all experts of a projection share. */
  readonly shared: boolean
  readonly multiple: number
  readonly notes: readonly PlanNote[]
}

/** Factors of each expert's own, of one rank. */
export function ownFactors(experts: number, ranks: readonly number[], shared: boolean): FactoredForm {
  const each = Array.from({ length: experts }, (_, expert) => expert)
  return { kind: 'factored', transposed: false, activation: 'none', ranks: [...ranks], basisOf: each, leftOf: null, shared, residual: null }
}

/**
 * The plan with the largest ranks the limit allows: all matrices climb by `multiple` together, and where the limit ends between two rungs
 * the first ones (all downs, which lose most, then ups, then gates, layer by layer) are one rung higher. A limit the plain model keeps
 * leaves it plain.
 */
function planEvenRanks(input: FormPlanInput, method: EvenMethod, parameters: Readonly<Record<string, unknown>>): Plan {
  const { outline } = input
  const bound = boundOf(input)
  if (keepsLimit(outline, plainForm(outline), bound)) {
    return assembleFormPlan(method.id, input, {
      form: plainForm(outline),
      decisions: outline.shape.layers === 0 ? [] : plainForm(outline).layers.map(() => ({ ranks: {} })),
      parameters,
      notes: [...method.notes, { note: 'limit-leaves-all' }],
      describe: () => ({ detail: 'plain', expectedError: null }),
    })
  }
  const slots = 3 * outline.shape.layers
  assertReachable(outline, formAfter(outline.shape, method, slots), bound)
  const highest = rungs(outline.shape, method.multiple) * slots
  const steps = largestThat(slots, highest, (n) => keepsLimit(outline, formAfter(outline.shape, method, n), bound))
  const decisions = decisionsAfter(outline.shape, method.multiple, steps)
  return assembleFormPlan(method.id, input, {
    form: formAfter(outline.shape, method, steps),
    decisions,
    parameters,
    notes: method.notes,
    describe: (layer, role, expert) => {
      const rank = Object.entries(decisions[layer]?.ranks ?? {}).find(([key]) => key === role)?.[1] ?? 0
      return { detail: expert === null ? `factors of rank ${rank}` : `rank ${rank}`, rank, expectedError: null }
    },
  })
}

/**
 * How a method makes folders whose factors are each expert's own, at one rank. `parse` is the method's settings by its own schema, which
 * has {@link rankMultiple}.
 */
export function evenForms(
  method: Omit<EvenMethod, 'multiple'>,
  parse: (raw: Readonly<Record<string, unknown>>) => { rankMultiple: number },
  apply: FormWay['apply'],
): FormWay {
  const at = (raw: Readonly<Record<string, unknown>>): EvenMethod => ({ ...method, multiple: parse(raw).rankMultiple })
  return {
    makes: 'factored',
    measure: null,
    apply,
    plan: async (input) => planEvenRanks(input, at(input.parameters), parse(input.parameters)),
    sizeRange: (input) => evenSizeRange(input, at(input.parameters)),
  }
}

/** Throws as {@link rungs}. */
function evenSizeRange(input: FormSizeInput, method: EvenMethod): SizeRange {
  const { outline, format } = input
  rungs(outline.shape, method.multiple)
  return rangeFrom(outline, format, formAfter(outline.shape, method, 3 * outline.shape.layers))
}

/** How many multiples the rank can be. Throws ExpectedError 'request-invalid' when one is already more than saves anything. */
function rungs({ hidden, expertWidth }: ModelShape, multiple: number): number {
  const largest = largestSavingRank(hidden, expertWidth, multiple)
  if (largest === 0) {
    throw new ExpectedError('request-invalid', {
      problems: [{ path: 'rankMultiple', reason: 'rank-saves-nothing', rank: multiple, rows: expertWidth, columns: hidden }],
    })
  }
  return largest / multiple
}

const DEAREST_FIRST = ['expertDown', 'expertUp', 'expertGate'] as const

function decisionsAfter(shape: ModelShape, multiple: number, steps: number): EvenDecision[] {
  const slots = 3 * shape.layers
  const rankOf = (slot: number): number => multiple * (Math.floor(steps / slots) + (slot < steps % slots ? 1 : 0))
  return Array.from({ length: shape.layers }, (_, layer) => ({
    ranks: Object.fromEntries(DEAREST_FIRST.map((role, index) => [role, rankOf(index * shape.layers + layer)])),
  }))
}

function formAfter(shape: ModelShape, method: EvenMethod, steps: number): ModelForm {
  return formOfLayers(
    decisionsAfter(shape, method.multiple, steps).map(({ ranks }): LayerForm => {
      return Object.fromEntries(
        EXPERT_ROLES.map((role) => {
          return [
            role,
            ownFactors(
              shape.experts,
              Array.from({ length: shape.experts }, () => ranks[role] ?? 0),
              method.shared,
            ),
          ]
        }),
      )
    }),
  )
}
