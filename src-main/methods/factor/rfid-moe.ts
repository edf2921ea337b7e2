/**
 * RFID-MoE: experts in groups that share a basis, ranks where importance and errors ask for them, and a sparse projection of what is left.
 *
 *   W_e ~= A_e B_g(e) + C_e P        I_e = F_e^lambda R_e^(1-lambda)        min sum_e I_e^eta ||(W_e - A_e B_g - C_e P) S_e||_F^2   within
 * the bytes
 *
 * F_e: frequency, R_e: effective rank, both by the layer's maximum; S_e S_e^T = E[x x^T] of the expert's inputs; B_g (r_g, in) shared by a
 * group, P (q, in) by the projection. Down projections share the side of their outputs instead, or nothing, or stay as they are: whatever
 * lowers the error most per byte. Paper: RFID-MoE, arXiv 2602.09316. Its public abstract names the fused metric, adaptive ranks for groups
 * under a fixed budget, and residuals rebuilt by a shared sparse projection, without formulas: all formulas here are a reconstruction. In
 * detail: ranks are the greedy answer of a multiple-choice program over measured errors; the error of gate and up counts by what it does to
 * the expert's output; bases are eigenvectors of the stacked whitened experts, refined by alternating least squares. On wiki-moe16 with 60
 * % removed (8192 tokens of calibration) a residual of 16 bits lowered the error less per byte than more rank, so none was kept; one of 8
 * bits, which costs half, was kept in half of the projections: divergence 0.099 against 0.167 nats.
 */
import * as z from 'zod'
import type { ExpertRole } from '../../architectures/parts.ts'
import { EXPERT_ROLES } from '../../architectures/parts.ts'
import { ExpectedError } from '../../contract/errors.ts'
import type { FactoredForm, LayerForm } from '../../contract/form.ts'
import type { PlanNote } from '../../contract/notes.ts'
import type { Plan } from '../../contract/plan.ts'
import { assembleFormPlan } from '../assemble-form-plan.ts'
import { keepsLimit, plainForm } from '../limit.ts'
import type { FormPlanInput, FormSizeInput, Method, SizeRange } from '../method.ts'
import { parseParameters } from '../parameters.ts'
import { assertReachable, boundOf, expertSize, formOfLayers, rangeFrom } from './plan/bound.ts'
import { allocateGreedily, allocateProportionally, formOfAllocation, smallestOf } from './rfid/allocate.ts'
import type { RankAllocation } from './rfid/allocate.ts'
import { applyRfid } from './rfid/apply.ts'
import { groupCounts, groupingUnit } from './rfid/candidates.ts'
import { measureLayer } from './rfid/measure.ts'
import { Measured, RfidSettings } from './rfid/settings.ts'

export const rfidMoe: Method = {
  id: 'rfid-moe',
  title: 'RFID-MoE',
  family: 'factor',
  summary:
    'Lets alike experts share factors, gives each group the rank its use and its variety ask for, and keeps a sparse part of the rest.',
  paper: 'RFID-MoE (arXiv 2602.09316), reconstructed from its abstract',
  parameters: RfidSettings,
  needsExperts: true,
  bitsOver: 'file',
  blocks: null,
  forms: {
    makes: 'factored',
    measure: {
      key: (raw) => {
        const { rankMultiple, lambda, eta, groups, residual, residualBits } = parse(raw)
        return { rankMultiple, lambda, eta, groups, residual, residualBits }
      },
      run: (layer, raw, seed) => measureLayer(layer, parse(raw), seed),
    },
    plan: async (input) => plan(input),
    sizeRange,
    apply: (layer, task) => applyRfid(layer, task, parse(task.parameters).sweeps),
  },
}

const parse = (raw: Readonly<Record<string, unknown>>): RfidSettings => parseParameters('rfid-moe', RfidSettings, raw)

function plan(input: FormPlanInput): Plan {
  const settings = parse(input.parameters)
  const { outline } = input
  const bound = boundOf(input)
  const measured = z.array(Measured).length(outline.shape.layers).parse(input.measurements)
  assertReachable(outline, formOfAllocation(outline, smallestOf(input, measured, settings), settings, input.seed), bound)
  const spend = settings.allocation === 'greedy' ? allocateGreedily : allocateProportionally
  const plain = keepsLimit(outline, plainForm(outline), bound)
  const allocation = plain ? null : spend(input, measured, bound, settings)
  return assembleFormPlan('rfid-moe', input, {
    form: allocation === null ? plainForm(outline) : formOfAllocation(outline, allocation, settings, input.seed),
    decisions: measured.map(({ weights }) => ({ weights })),
    parameters: settings,
    notes: notesOf(allocation, settings),
    describe: (layer, role, expert) => describe(allocation, layer, role, expert),
  })
}

function describe(
  allocation: RankAllocation | null,
  layer: number,
  role: string,
  expert: number | null,
): { detail: string; rank?: number; expectedError: number | null } {
  const option = Object.entries(allocation?.[layer] ?? {}).find(([key]) => key === role)?.[1]
  if (option === undefined || 'plain' in option) return { detail: 'plain', expectedError: 0 }
  const { candidate, ranks, width } = option
  const rest = width === 0 ? '' : `, ${width} of the rest`
  if (expert === null) return { detail: `${ranks.length} shared bases${rest}`, expectedError: null }
  const rank = ranks[candidate.groups[expert] ?? 0] ?? 0
  return {
    detail: `rank ${rank} of group ${candidate.groups[expert] ?? 0}${rest}`,
    rank,
    expectedError: option.cost / candidate.groups.length,
  }
}

function notesOf(allocation: RankAllocation | null, { allocation: way, residual, residualBits }: RfidSettings): PlanNote[] {
  if (allocation === null) return [{ note: 'rfid-reconstructed' }, { note: 'limit-leaves-all' }]
  const options = allocation.flatMap((layer) => EXPERT_ROLES.map((role: ExpertRole) => layer[role]))
  const plain = options.filter((option) => 'plain' in option).length
  const withResidual = options.filter((option) => !('plain' in option) && option.width > 0).length
  return [
    { note: 'rfid-reconstructed' },
    { note: 'rfid-ranks', allocation: way, plain, projections: options.length, residual, residualBits, withResidual },
  ]
}

/**
 * The smallest folder has one unit of rank in every group of the fewest groups tried. Throws ExpectedError 'request-invalid' for settings
 * no model of this shape can keep.
 */
function sizeRange({ outline, format, parameters }: FormSizeInput): SizeRange {
  const settings = parse(parameters)
  const { experts, layers } = outline.shape
  const [groups] = groupCounts(settings.groups, experts)
  if (groups === undefined)
    throw new ExpectedError('request-invalid', { problems: [{ path: 'groups', reason: 'layers-have-experts', experts }] })
  const basisOf = Array.from({ length: experts }, (_, expert) => Math.min(expert, groups - 1))
  const formOf = (role: ExpertRole): FactoredForm => {
    const transposed = role === 'expertDown' && groups < experts
    const [rows, columns] = expertSize(role, outline.shape)
    const unit = transposed
      ? groupingUnit(columns, rows, experts, groups, settings.rankMultiple)
      : groupingUnit(rows, columns, experts, groups, settings.rankMultiple)
    return {
      kind: 'factored',
      transposed,
      activation: 'none',
      ranks: Array.from({ length: groups }, () => unit),
      basisOf,
      leftOf: null,
      shared: false,
      residual: null,
    }
  }
  const layer: LayerForm = Object.fromEntries(EXPERT_ROLES.map((role) => [role, formOf(role)]))
  return rangeFrom(outline, format, formOfLayers(Array.from({ length: layers }, () => layer)))
}
