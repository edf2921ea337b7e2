/**
 * Plain truncated SVD: each matrix of each expert on its own, W = U Sigma V^T cut after the largest r singular values.
 *
 *   W_e ~= A_e B_e     A_e = U_r Sigma_r^(1/2) (out, r)     B_e = Sigma_r^(1/2) V_r^T (r, in)
 *
 * The baseline of all factor methods: same rank everywhere, no calibration. Best in ||W - A B||_F (Eckart and Young, 1936), which is not
 * the norm that matters.
 */
import * as z from 'zod'
import { factorEachExpert } from './apply/each-expert.ts'
import { evenForms, rankMultiple } from './plan/even-ranks.ts'
import type { Method } from '../method.ts'
import { parseParameters } from '../parameters.ts'

const Parameters = z.object({ rankMultiple })

const parse = (raw: Readonly<Record<string, unknown>>): z.infer<typeof Parameters> => parseParameters('svd', Parameters, raw)

export const svd: Method = {
  id: 'svd',
  title: 'Plain SVD',
  family: 'factor',
  summary: 'Cuts every expert matrix to its largest singular values, the same number everywhere. A baseline to compare with.',
  paper: 'Eckart and Young, Psychometrika 1 (1936)',
  parameters: Parameters,
  needsExperts: true,
  bitsOver: 'file',
  blocks: null,
  forms: evenForms({ id: 'svd', shared: false, notes: [] }, parse, (layer, task) =>
    factorEachExpert(layer, task, { whitened: false, shared: async () => null }),
  ),
}
