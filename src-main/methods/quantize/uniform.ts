/**
 * Uniform: every matrix gets the same type, the largest that fits the budget; what is left over stays unspent.
 *
 *   type = argmax { bits(b) : header + sum_t bytes[t, b] <= budget }
 *
 * The honest baseline for methods that choose per tensor: same encoder, same importance weights, no allocation. (llama.cpp's `--pure`.)
 */
import * as z from 'zod'
import type { Method } from '../method.ts'
import { parseParameters } from '../parameters.ts'
import { oneTypeSizeRange, planOneType, TYPES_SETTING } from './blocks/one-type.ts'

const Parameters = z.object({
  types: TYPES_SETTING,
  keepOriginal: z.boolean().default(true).describe('Leave the model as it is where the budget allows'),
})
const parse = (raw: Readonly<Record<string, unknown>>): z.infer<typeof Parameters> => parseParameters('uniform', Parameters, raw)

export const uniform: Method = {
  id: 'uniform',
  title: 'One type for all',
  family: 'quantize',
  summary: 'Stores every matrix as the same type, the largest that fits. A baseline to compare with.',
  paper: 'none: round to nearest with importance weights, as llama.cpp does',
  parameters: Parameters,
  needsExperts: false,
  bitsOver: 'file',
  blocks: {
    needs: ['importance'],
    measure: null,
    plan: (input) => planOneType('uniform', input, parse(input.parameters), 'nearest'),
    sizeRange: (input) => oneTypeSizeRange(input, parse(input.parameters)),
  },
  forms: null,
}
