/**
 * One base matrix shared by all experts of a projection, and a factored difference for each.
 *
 *   W_e ~= W_b + A_e B_e    W_b = sum_e (n_e + k) W_e / sum_e (n_e + k)    A_e B_e: whitened SVD of W_e - W_b (see svd-llm)
 *
 * n_e: tokens routed to e; k: `priorTokens`, so that rare experts have a say. Paper: D2-MoE, arXiv 2502.17298 (ICML 2025), which weighs the
 * base by Fisher information. Gradients are not at hand here, so this is its gradient-free, frequency-weighted form; the pruning of the
 * base's columns is left out too. It assumes that experts are alike: the base pays for itself when their mean explains more than 1/E of
 * their energy.
 */
import * as z from 'zod'
import type { ExpertRole } from '../../architectures/parts.ts'
import type { LayerAtHand } from '../../calibration/layer-at-hand.ts'
import { expertMatrix, factorEachExpert } from './apply/each-expert.ts'
import { evenForms, rankMultiple } from './plan/even-ranks.ts'
import type { Method } from '../method.ts'
import { parseParameters } from '../parameters.ts'

const Parameters = z.object({
  rankMultiple,
  priorTokens: z
    .number()
    .min(0)
    .default(0)
    .describe('Tokens every expert is taken to have seen besides its own, in the mean of the experts'),
})

const parse = (raw: Readonly<Record<string, unknown>>): z.infer<typeof Parameters> => parseParameters('d2-moe', Parameters, raw)

export const d2Moe: Method = {
  id: 'd2-moe',
  title: 'D2-MoE, gradient-free',
  family: 'factor',
  summary: 'Keeps one shared mean of the experts and a small factored difference for each of them.',
  paper: 'D2-MoE (arXiv 2502.17298), its gradient-free form: the base weighs experts by frequency, not by Fisher information',
  parameters: Parameters,
  needsExperts: true,
  bitsOver: 'file',
  blocks: null,
  forms: evenForms({ id: 'd2-moe', shared: true, notes: [{ note: 'd2-base' }] }, parse, (layer, task) => {
    const { priorTokens } = parse(task.parameters)
    return factorEachExpert(layer, task, { whitened: true, shared: (role) => weightedMean(layer, role, priorTokens) })
  }),
}

/** The mean of the experts' matrices by n_e + prior, in float64; the plain mean where no expert has any weight. */
async function weightedMean(layer: LayerAtHand, role: ExpertRole, prior: number): Promise<Float32Array> {
  const { experts } = layer.shape
  const weights = Array.from({ length: experts }, (_, expert) => layer.gatesOf(expert).length + prior)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let mean: Float64Array | null = null
  for (let expert = 0; expert < experts; expert++) {
    const share = total === 0 ? 1 / experts : (weights[expert] as number) / total
    const { data } = await expertMatrix(layer, role, expert)
    mean ??= new Float64Array(data.length)
    for (let i = 0; i < data.length; i++) mean[i] = (mean[i] as number) + share * (data[i] as number)
  }
  return Float32Array.from(mean ?? [])
}
