/**
 * MoBE: the gate and up matrices of a layer's experts as mixtures of few bases.
 *
 *   W_e ~= A_e f( sum_j alpha_ej B_j )     A_e (I, r)   B_j (r, H), j = 1..m   alpha_e: softmax over the m bases (of the expert's group)  
 * f: silu or tanh
 *
 * Numbers kept: E I r + m r H + E m of E I H. Paper: MoBE, arXiv 2508.05257, with r = I; down matrices stay as they are. From us: ranks
 * below I where the limit asks for them; beyond what gate and up can give, the transposed down matrices in the same form (setting `down`);
 * errors as the layer's output notices them, with every A_e fitted to its expert's own inputs at the end; and the fast solver (variable
 * projection), see factors/mobe/.
 */
import * as z from 'zod'
import type { ExpertRole } from '../../architectures/parts.ts'
import type { ModelShape } from '../../architectures/architecture.ts'
import type { LayerAtHand } from '../../calibration/layer-at-hand.ts'
import { ExpectedError } from '../../contract/errors.ts'
import type { FactoredForm, ModelForm } from '../../contract/form.ts'
import type { PlanNote } from '../../contract/notes.ts'
import type { Plan } from '../../contract/plan.ts'
import { learnWithAdam } from '../../factors/mobe/adam.ts'
import { estimateAdam, estimateFast } from '../../factors/mobe/estimate.ts'
import { learnFast } from '../../factors/mobe/fast.ts'
import type { MobeFactors, MobeProblem, MobeShape } from '../../factors/mobe/problem.ts'
import { refitLefts } from '../../factors/mobe/refit.ts'
import { decodeState, encodeState } from '../../factors/mobe/state.ts'
import { factoredSize } from '../../forms/factored.ts'
import type { FactoredMatrices, LayerValues } from '../../forms/values.ts'
import { assembleFormPlan } from '../assemble-form-plan.ts'
import { keepsLimit, plainForm } from '../limit.ts'
import type { FormPlanInput, FormSizeInput, LayerTask, Method, SizeRange } from '../method.ts'
import { parseParameters } from '../parameters.ts'
import { factoredForm, factorsOf, mathOf } from './apply/each-expert.ts'
import { plainTargets, weighedTargets } from './apply/mobe-problem.ts'
import { assertReachable, boundOf, expertSize, formedRoles, largestThat, rangeFrom } from './plan/bound.ts'
import { rankMultiple } from './plan/even-ranks.ts'
import { basesTogether, groupsFor, lastStep, laddersOf, mobeForm } from './plan/mobe-sizes.ts'
import type { Ladder } from './plan/mobe-sizes.ts'
import { memberOf } from './rfid/facing.ts'

/** Steps of each solver where none are asked for: a pass over the experts, or an epoch of the published 10 000. */
const STEPS = { fast: 100, adam: 10_000 } as const
/** Part of the steps between two states kept on disk. */
const CHECKPOINTS = 20

const Parameters = z.object({
  rankMultiple,
  solver: z.enum(['fast', 'adam']).default('fast').describe('How bases are learned: fast, by variable projection, or Adam as published'),
  bases: z
    .union([z.literal('auto'), z.int().min(1)])
    .default('auto')
    .describe('Bases per projection; auto: from the limit'),
  rank: z
    .union([z.literal('auto'), z.int().min(1)])
    .default('auto')
    .describe("Rows of a basis; auto: the experts' width as published, or as many as the limit allows"),
  groups: z
    .union([z.literal('auto'), z.int().min(1)])
    .default('auto')
    .describe('Groups of experts with bases of their own; auto: at most 64 bases in one'),
  activation: z.enum(['silu', 'tanh']).default('silu').describe('Function of the mixed bases'),
  steps: z
    .union([z.literal('auto'), z.int().min(1)])
    .default('auto')
    .describe('Passes over the experts; auto: 100 for the fast solver, 10 000 for Adam'),
  activationAware: z.boolean().default(true).describe('Weigh errors by the inputs each expert gets; off: as published'),
  down: z
    .enum(['keep', 'factor', 'auto'])
    .default('auto')
    .describe(
      'Down matrices: keep as published, factor as well (transposed, which is ours), auto: factor where the limit leaves gate and up too little rank',
    ),
})
type Parameters = z.infer<typeof Parameters>

export const mobe: Method = {
  id: 'mobe',
  title: 'MoBE',
  family: 'factor',
  summary:
    'Learns a few basis matrices per layer and writes the gate and up matrix of every expert, and beyond what those can give the down matrix, as a mixture of them.',
  paper: 'MoBE (arXiv 2508.05257)',
  parameters: Parameters,
  needsExperts: true,
  bitsOver: 'file',
  blocks: null,
  forms: { makes: 'factored', measure: null, plan: async (input) => plan(input), sizeRange, apply, cost },
}

const parse = (raw: Readonly<Record<string, unknown>>): Parameters => parseParameters('mobe', Parameters, raw)

function plan(input: FormPlanInput): Plan {
  const parameters = parse(input.parameters)
  const { outline } = input
  const bound = boundOf(input)
  const { form, ladder } = keepsLimit(outline, plainForm(outline), bound)
    ? { form: plainForm(outline), ladder: null }
    : fitting(input, laddersOf(outline.shape, parameters), parameters)
  assertLearnable(outline.shape, form, parameters)
  return assembleFormPlan('mobe', input, {
    form,
    parameters,
    decisions: form.layers.map(() => ({})),
    notes: ladder === null ? [{ note: 'limit-leaves-all' }] : notesOf(form, ladder, outline.shape, parameters),
    describe: (layer, role, expert) => {
      const own = Object.entries(form.layers[layer] ?? {}).find(([key]) => key === role)?.[1]
      const [bases, rank] = own?.kind === 'factored' ? [own.ranks.length, own.ranks[0] ?? 0] : [0, 0]
      return { detail: expert === null ? `${bases} bases of rank ${rank}` : `mixture of ${bases}, rank ${rank}`, rank, expectedError: null }
    },
  })
}

function notesOf(form: ModelForm, ladder: Ladder, { expertWidth }: ModelShape, { rank, down }: Parameters): PlanNote[] {
  const all = Object.values(form.layers[0] ?? {}).flatMap((own) =>
    own.kind === 'factored' ? [{ bases: own.ranks.length, rank: own.ranks[0] ?? 0 }] : [],
  )
  const sizes = all.filter((size, at) => all.findIndex((one) => one.bases === size.bases && one.rank === size.rank) === at)
  const factorsDown = ladder.some((rung) => rung.down !== null)
  const notes: PlanNote[] = [{ note: 'mobe-sizes', factorsDown, sizes }]
  if (factorsDown) notes.push({ note: 'mobe-down', forced: down === 'auto' })
  if ((ladder[0]?.rank ?? 0) < expertWidth && rank === 'auto') notes.push({ note: 'mobe-ranks' })
  return notes
}

/**
 * The highest step of the first ladder that fits at all. Throws ExpectedError 'budget-too-small' with the smallest folder of the last one.
 */
function fitting(input: FormPlanInput, ladders: readonly Ladder[], { activation }: Parameters): { form: ModelForm; ladder: Ladder } {
  const { outline } = input
  const bound = boundOf(input)
  const formAt = (ladder: Ladder, step: number): ModelForm => mobeForm(outline.shape, activation, ladder, step)
  const ladder = ladders.find((one) => keepsLimit(outline, formAt(one, 0), bound)) ?? ladders.at(-1)
  if (ladder === undefined) throw new Error('no sizes to try')
  assertReachable(outline, formAt(ladder, 0), bound)
  return {
    ladder,
    form: formAt(
      ladder,
      largestThat(0, lastStep(outline.shape, ladder), (step) => keepsLimit(outline, formAt(ladder, step), bound)),
    ),
  }
}

/** Throws ExpectedError 'request-invalid' where the groups asked for are so few that the bases of one are more than an array holds. */
function assertLearnable(shape: ModelShape, form: ModelForm, parameters: Parameters): void {
  for (const { ranks } of form.layers.flatMap((layer) => Object.values(layer)).filter((own) => own.kind === 'factored')) {
    const together = basesTogether(shape, ranks[0])
    if (ranks.length / groupsFor(shape, ranks.length, parameters.groups) <= together) continue
    const problem = { path: 'groups', reason: 'bases-together', most: together, rank: ranks[0] ?? 0 } as const
    throw new ExpectedError('request-invalid', { problems: [problem] })
  }
}

function sizeRange({ outline, format, parameters }: FormSizeInput): SizeRange {
  const parsed = parse(parameters)
  const ladder = laddersOf(outline.shape, parsed).at(-1) ?? []
  return rangeFrom(outline, format, mobeForm(outline.shape, parsed.activation, ladder, 0))
}

async function apply(layer: LayerAtHand, task: LayerTask): Promise<LayerValues> {
  const parameters = parse(task.parameters)
  const roles = formedRoles(task.form)
  const values: [ExpertRole, { kind: 'factored'; factors: FactoredMatrices }][] = []
  for (const [index, role] of roles.entries()) {
    const { left, bases, mix } = await learn(layer, task, role, parameters, (share) => {
      task.onProgress((index + share) / roles.length)
    })
    values.push([role, { kind: 'factored', factors: factorsOf({ left, bases, mix }) }])
  }
  return Object.fromEntries(values)
}

async function learn(
  layer: LayerAtHand,
  task: LayerTask,
  role: ExpertRole,
  parameters: Parameters,
  onShare: (share: number) => void,
): Promise<MobeFactors> {
  const maxSteps = stepsOf(parameters)
  const saved = await task.checkpoints.load(role)
  const form = factoredForm(task, role)
  const targets = parameters.activationAware
    ? await weighedTargets(layer, role, form.transposed)
    : plainTargets(layer, role, form.transposed)
  const problem: MobeProblem = { ...targets, shape: problemShape(layer.shape, role, form, parameters), seed: task.seed }
  const solve = parameters.solver === 'adam' ? learnWithAdam : learnFast
  const result = await solve({ compute: layer.compute, algebra: mathOf(layer).algebra }, problem, {
    maxSteps,
    signal: layer.signal,
    checkpointEvery: Math.max(1, Math.floor(maxSteps / CHECKPOINTS)),
    ...(saved === null ? {} : { resume: await decodeState(saved) }),
    onStep: ({ step, flops, relativeError }) => {
      onShare(step / maxSteps)
      task.onLearning({ role, expert: null, step, error: relativeError, flops })
    },
    onCheckpoint: (state) => task.checkpoints.save(role, encodeState(state)),
  })
  const { left, perExpertError } = parameters.activationAware
    ? await refitLefts({ ...mathOf(layer), compute: layer.compute }, problem.shape, result.factors, (expert) =>
        memberOf(layer, role, expert, form.transposed),
      )
    : { left: result.factors.left, perExpertError: result.perExpertError }
  onShare(1)
  perExpertError.forEach((error, expert) => {
    task.onLearning({ role, expert, step: result.steps, error, flops: result.flops })
  })
  return { ...result.factors, left }
}

const stepsOf = ({ steps, solver }: Parameters): number => (steps === 'auto' ? STEPS[solver] : steps)

function problemShape(shape: ModelShape, role: ExpertRole, form: FactoredForm, { groups, activation }: Parameters): MobeShape {
  const [rows, columns] = factoredSize(form, expertSize(role, shape))
  const bases = form.ranks.length
  return { experts: shape.experts, rows, columns, bases, rank: form.ranks[0] ?? 0, groups: groupsFor(shape, bases, groups), activation }
}

/**
 * Work of all layers; without a form, as published for a quarter of the experts as bases. Faster: the fast solver, half the bases, half the
 * steps.
 */
function cost(
  shape: ModelShape,
  _tokens: number,
  form: ModelForm | null,
  raw: Readonly<Record<string, unknown>>,
): { flops: number; faster: readonly Readonly<Record<string, unknown>>[] } {
  const parameters = parse(raw)
  const [usual = []] = laddersOf(shape, {
    ...parameters,
    down: parameters.down === 'factor' ? 'factor' : 'keep',
    bases: parameters.bases === 'auto' ? Math.max(1, Math.round(shape.experts / 4)) : parameters.bases,
  })
  const layers = (form ?? mobeForm(shape, parameters.activation, [usual.at(-1) ?? { bases: 1, rank: 1, down: null }], 0)).layers
  const bases = Math.max(1, ...layers.map((layer) => (layer.expertGate?.kind === 'factored' ? layer.expertGate.ranks.length : 1)))
  const flops = layers.reduce(
    (sum, layer) =>
      sum +
      formedRoles(layer).reduce((own, role) => {
        const projection = layer[role]
        if (projection?.kind !== 'factored') return own
        const estimate = parameters.solver === 'adam' ? estimateAdam : estimateFast
        return own + estimate(problemShape(shape, role, projection, parameters), stepsOf(parameters))
      }, 0),
    0,
  )
  const faster: Record<string, unknown>[] = parameters.solver === 'adam' ? [{ solver: 'fast' }] : []
  if (bases > 1) faster.push({ bases: Math.floor(bases / 2) })
  return { flops, faster: [...faster, { steps: Math.max(1, Math.floor(stepsOf(parameters) / 2)) }] }
}
