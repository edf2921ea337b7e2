/**
 * SVD in the norm of the inputs each expert really gets.
 *
 *   min || (W_e - A_e B_e) S_e ||_F    S_e S_e^T = E[x x^T] over the tokens routed to e    W_e S_e = U Sigma V^T
 *   A_e B_e = U_r U_r^T W_e            lost: the sum of the dropped sigma^2, exactly
 *
 * Paper: SVD-LLM, arXiv 2403.07378, applied per expert; its fine-tuning afterwards is left out. Moments lean on the layer's mean, so an
 * expert no token was routed to is factored for the layer's inputs.
 */
import * as z from 'zod'
import { factorEachExpert } from './apply/each-expert.ts'
import { evenForms, rankMultiple } from './plan/even-ranks.ts'
import type { Method } from '../method.ts'
import { parseParameters } from '../parameters.ts'

const Parameters = z.object({ rankMultiple })

const parse = (raw: Readonly<Record<string, unknown>>): z.infer<typeof Parameters> => parseParameters('svd-llm', Parameters, raw)

export const svdLlm: Method = {
  id: 'svd-llm',
  title: 'SVD-LLM',
  family: 'factor',
  summary: 'Cuts every expert matrix where its own inputs notice least, the same rank everywhere.',
  paper: 'SVD-LLM (arXiv 2403.07378), per expert, without its fine-tuning',
  parameters: Parameters,
  needsExperts: true,
  bitsOver: 'file',
  blocks: null,
  forms: evenForms({ id: 'svd-llm', shared: false, notes: [] }, parse, (layer, task) =>
    factorEachExpert(layer, task, { whitened: true, shared: async () => null }),
  ),
}
