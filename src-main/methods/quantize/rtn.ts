/**
 * Round to nearest: every weight becomes the nearest point of its group's grid, every expert has the same number of bits.
 *
 *   value = (code - zero) * scale,   code = round(w / scale) + zero      1 bit: value = sign(w) * scale
 *
 * scale and zero are a group's own: of the ranges tried, the one with the least squared error. No paper: the baseline of all of them. Needs
 * no calibration text for a folder; in GGUF it is llama.cpp's rounding with importance weights. A mean between two widths gives some
 * experts the larger one, evenly over the model.
 */
import * as z from 'zod'
import type { Method } from '../method.ts'
import { parseParameters } from '../parameters.ts'
import { oneTypeSizeRange, planOneType, TYPES_SETTING } from './blocks/one-type.ts'
import { evenSizeRange, planEvenly } from './packed/even-plan.ts'
import { packLayer } from './packed/pack-layer.ts'
import { PACKED_SETTINGS } from './packed/settings.ts'

const Parameters = z.object({ ...PACKED_SETTINGS, types: TYPES_SETTING })
const parse = (raw: Readonly<Record<string, unknown>>): z.infer<typeof Parameters> => parseParameters('rtn', Parameters, raw)

export const rtn: Method = {
  id: 'rtn',
  title: 'Round to nearest',
  family: 'quantize',
  summary:
    'Rounds every weight to the nearest of a few values, the same number of bits for all experts, or all matrices of a model without. The simplest baseline.',
  paper: 'none: the baseline of the quantization papers',
  parameters: Parameters,
  needsExperts: false,
  bitsOver: 'experts',
  blocks: {
    needs: ['importance'],
    measure: null,
    plan: (input) => planOneType('rtn', input, parse(input.parameters), 'nearest'),
    sizeRange: (input) => oneTypeSizeRange(input, parse(input.parameters)),
  },
  forms: {
    makes: 'packed',
    measure: null,
    plan: async (input) => planEvenly('rtn', input, parse(input.parameters), 'nearest'),
    sizeRange: (input) => evenSizeRange('rtn', input, parse(input.parameters)),
    apply: (layer, task) => packLayer(layer, task, 'nearest'),
  },
}
