/**
 * GPTQ: weights are rounded column by column, and the columns after make good each column's error on the inputs of the calibration text.
 *
 *   min over codes of ||(W - V) X||^2 = tr((W - V) H (W - V)^T),   H = X^T X of the tokens routed to the expert
 *
 * V: stored values; X: inputs. Paper: GPTQ, arXiv 2210.17323 (groups of 128, damping 1 % of the mean diagonal, columns in their own order).
 * Two things are ours: an expert's H leans on its layer's where few tokens were routed to it, and the grids are searched, not the range's.
 * Every expert has the same number of bits; a mean between two widths gives some the larger one, evenly over the model. Where H can't be
 * factored the matrix is rounded to the nearest. In GGUF the same feedback goes into the grids of ggml's types.
 */
import * as z from 'zod'
import type { Method } from '../method.ts'
import { parseParameters } from '../parameters.ts'
import { oneTypeSizeRange, planOneType, TYPES_SETTING } from './blocks/one-type.ts'
import { evenSizeRange, planEvenly } from './packed/even-plan.ts'
import { packLayer } from './packed/pack-layer.ts'
import { PACKED_SETTINGS } from './packed/settings.ts'

const Parameters = z.object({ ...PACKED_SETTINGS, types: TYPES_SETTING })
const parse = (raw: Readonly<Record<string, unknown>>): z.infer<typeof Parameters> => parseParameters('gptq', Parameters, raw)

export const gptq: Method = {
  id: 'gptq',
  title: 'GPTQ',
  family: 'quantize',
  summary:
    'Rounds weights so that later ones make good the errors of earlier ones, the same number of bits for all experts, or all matrices of a model without.',
  paper: 'GPTQ (arXiv 2210.17323)',
  parameters: Parameters,
  needsExperts: false,
  bitsOver: 'experts',
  blocks: {
    needs: ['importance'],
    measure: null,
    plan: (input) => planOneType('gptq', input, parse(input.parameters), 'feedback'),
    sizeRange: (input) => oneTypeSizeRange(input, parse(input.parameters)),
  },
  forms: {
    makes: 'packed',
    measure: null,
    plan: async (input) => planEvenly('gptq', input, parse(input.parameters), 'feedback'),
    sizeRange: (input) => evenSizeRange('gptq', input, parse(input.parameters)),
    apply: (layer, task) => packLayer(layer, task, 'feedback'),
  },
}
