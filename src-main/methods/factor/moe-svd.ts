/**
 * One right factor for all experts of a projection, few left factors, and only in the layers that mind least.
 *
 *   W_e ~= U_k(e) V     V (r, in): whitened right factor of the most used expert     U_k (out, r), k = 1..K: left factors of the K most
 * used
 *   layers in the order of S_l = sum_e p_e r_e a_e, least first (frequency x significant singular values x share of outliers in the inputs)
 *
 * Paper: MoE-SVD (ICML 2025). No code is public, so this is a reconstruction from its description: U_k is the least-squares fit of expert k
 * to the shared V on its own inputs; every other expert reuses the one whose matrix is nearest on the layer's inputs; as few layers are
 * factored as keep `leastRank` of the full rank. Layers that are not factored stay as they are.
 */
import * as z from 'zod'
import { EXPERT_ROLES } from '../../architectures/parts.ts'
import type { ExpertRole } from '../../architectures/parts.ts'
import type { LayerAtHand } from '../../calibration/layer-at-hand.ts'
import { ExpectedError } from '../../contract/errors.ts'
import type { FactoredForm, LayerForm, ModelForm } from '../../contract/form.ts'
import type { Plan } from '../../contract/plan.ts'
import { fitLeft } from '../../factors/fit-left.ts'
import { whitenedSvd } from '../../factors/whitened-svd.ts'
import type { FactoredMatrices, LayerValues } from '../../forms/values.ts'
import { assembleFormPlan } from '../assemble-form-plan.ts'
import { keepsLimit } from '../limit.ts'
import type { FormPlanInput, FormSizeInput, LayerTask, Method, ModelOutline, SizeRange } from '../method.ts'
import { parseParameters } from '../parameters.ts'
import { expertMatrix, factorsOf, mathOf } from './apply/each-expert.ts'
import { assertReachable, boundOf, formOfLayers, formedRoles, largestThat, rangeFrom } from './plan/bound.ts'
import { rankMultiple } from './plan/even-ranks.ts'
import { sensitivityOfLayer } from './plan/layer-sensitivity.ts'
import { mostUsed, nearestOf } from './plan/nearest-experts.ts'

const Parameters = z.object({
  rankMultiple,
  leftFactors: z
    .union([z.literal('auto'), z.int().min(1)])
    .default('auto')
    .describe('Left factors kept per projection; auto: a quarter of the experts'),
  leastRank: z.number().min(0).max(1).default(0.5).describe('Layers are added until this share of the full rank can be kept'),
})
type Parameters = z.infer<typeof Parameters>

const ByRole = z.partialRecord(z.enum(EXPERT_ROLES), z.array(z.int().min(0)))
/** kept: experts whose left factor is kept, most used first; leftOf by role: which of them every expert uses. */
const Measured = z.object({ sensitivity: z.number(), kept: z.array(z.int().min(0)).min(1), leftOf: ByRole })
type Measured = z.infer<typeof Measured>
const Decision = z.object({ rank: z.int().min(0), kept: z.array(z.int().min(0)) })

export const moeSvd: Method = {
  id: 'moe-svd',
  title: 'MoE-SVD',
  family: 'factor',
  summary: 'Lets all experts of a projection share one right factor and a few left factors, in the layers that mind least.',
  paper: 'MoE-SVD (ICML 2025), reconstructed from its description',
  parameters: Parameters,
  needsExperts: true,
  bitsOver: 'file',
  blocks: null,
  forms: {
    makes: 'factored',
    measure: {
      key: (raw) => {
        const { leftFactors } = parse(raw)
        return { leftFactors }
      },
      run: measure,
    },
    plan: async (input) => plan(input),
    sizeRange,
    apply,
  },
}

const parse = (raw: Readonly<Record<string, unknown>>): Parameters => parseParameters('moe-svd', Parameters, raw)

async function measure(layer: LayerAtHand, raw: Readonly<Record<string, unknown>>): Promise<Measured> {
  const kept = mostUsed(layer, leftCount(parse(raw), layer.shape.experts))
  const leftOf: Measured['leftOf'] = {}
  for (const role of EXPERT_ROLES) leftOf[role] = await nearestOf(layer, role, kept)
  return { sensitivity: await sensitivityOfLayer(layer), kept, leftOf }
}

/** Throws ExpectedError 'request-invalid' for more left factors than experts. */
function leftCount({ leftFactors }: Parameters, experts: number): number {
  if (leftFactors === 'auto') return Math.max(1, Math.round(experts / 4))
  if (leftFactors <= experts) return leftFactors
  throw new ExpectedError('request-invalid', { problems: [{ path: 'leftFactors', reason: 'layers-have-experts', experts }] })
}

function sizeRange({ outline, format, parameters }: FormSizeInput): SizeRange {
  const parsed = parse(parameters)
  const { experts, layers } = outline.shape
  const kept = leftCount(parsed, experts)
  const leftOf = Array.from({ length: experts }, (_, expert) => Math.min(expert, kept - 1))
  const measured = Array.from({ length: layers }, (): Measured => ({
    sensitivity: 0,
    kept: [],
    leftOf: { expertGate: leftOf, expertUp: leftOf, expertDown: leftOf },
  }))
  return rangeFrom(outline, format, formOf(outline, measured, new Set(measured.keys()), smallestRank(outline, parsed)))
}

const fullRank = ({ shape }: ModelOutline, multiple: number): number =>
  Math.floor(Math.min(shape.hidden, shape.expertWidth) / multiple) * multiple
const smallestRank = (outline: ModelOutline, { rankMultiple: multiple }: Parameters): number =>
  Math.min(multiple, Math.max(1, fullRank(outline, 1)))

function plan(input: FormPlanInput): Plan {
  const parameters = parse(input.parameters)
  const { outline } = input
  const bound = boundOf(input)
  const measured = z.array(Measured).length(outline.shape.layers).parse(input.measurements)
  const order = [...measured.keys()].sort((a, b) => (measured[a]?.sensitivity ?? 0) - (measured[b]?.sensitivity ?? 0) || a - b)
  const smallest = smallestRank(outline, parameters)
  assertReachable(outline, formOf(outline, measured, new Set(order), smallest), bound)
  const fits = (layers: number, rank: number): boolean =>
    keepsLimit(outline, formOf(outline, measured, new Set(order.slice(0, layers)), rank), bound)
  const wanted = Math.max(smallest, Math.floor((parameters.leastRank * fullRank(outline, 1)) / smallest) * smallest)
  const plainFits = fits(0, smallest)
  const few = order.findIndex((_, index) => fits(index + 1, wanted)) + 1
  const count = plainFits ? 0 : few === 0 ? order.length : few
  const rank =
    count === 0 ? 0 : smallest * largestThat(1, Math.max(1, fullRank(outline, smallest) / smallest), (n) => fits(count, n * smallest))
  const chosen = new Set(order.slice(0, count))
  return assembleFormPlan('moe-svd', input, {
    form: formOf(outline, measured, chosen, rank),
    parameters,
    decisions: measured.map(({ kept }, layer) => (chosen.has(layer) ? { rank, kept } : { rank: 0, kept: [] })),
    notes: [{ note: 'moe-svd-reconstructed' }, { note: 'moe-svd-layers', factored: count, layers: order.length, rank }],
    describe: (_layer, _role, expert) => ({
      detail: expert === null ? `factors of rank ${rank}` : `rank ${rank}, shared`,
      rank,
      expectedError: null,
    }),
  })
}

function formOf(outline: ModelOutline, measured: readonly Measured[], chosen: ReadonlySet<number>, rank: number): ModelForm {
  const { experts } = outline.shape
  return formOfLayers(
    measured.map(({ leftOf }, layer): LayerForm =>
      chosen.has(layer)
        ? Object.fromEntries(
            EXPERT_ROLES.map((role) => [
              role,
              {
                kind: 'factored',
                transposed: false,
                activation: 'none',
                ranks: [rank],
                basisOf: Array.from({ length: experts }, () => 0),
                leftOf: leftOf[role] ?? [],
                shared: false,
                residual: null,
              } satisfies FactoredForm,
            ]),
          )
        : {},
    ),
  )
}

async function apply(layer: LayerAtHand, task: LayerTask): Promise<LayerValues> {
  const { rank, kept } = Decision.parse(task.decision)
  const roles = formedRoles(task.form)
  const values: [ExpertRole, { kind: 'factored'; factors: FactoredMatrices }][] = []
  for (const [index, role] of roles.entries()) {
    values.push([role, { kind: 'factored', factors: await shareFactors(layer, role, rank, kept) }])
    task.onProgress((index + 1) / roles.length)
  }
  return Object.fromEntries(values)
}

async function shareFactors(layer: LayerAtHand, role: ExpertRole, rank: number, kept: readonly number[]): Promise<FactoredMatrices> {
  const math = mathOf(layer)
  const [first = 0] = kept
  const w = await expertMatrix(layer, role, first)
  const { right } = await (await whitenedSvd(math, w, await layer.secondMoment(role, first))).truncate(rank)
  const left: Float32Array[] = []
  for (const expert of kept) {
    const own = await expertMatrix(layer, role, expert)
    left.push(await fitLeft(math, own, await layer.secondMoment(role, expert), { data: right, rows: rank, columns: w.columns }))
  }
  return factorsOf({ left, bases: [right] })
}
