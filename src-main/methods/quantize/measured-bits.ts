/**
 * Measured bits: each tensor gets the type that spends the byte budget where it lowers the measured error most.
 *
 *   min sum_t a[t, type(t)] + sqrt(sum_t s[t, type(t)])   subject to   sum_t bytes[t, type(t)] <= budget
 *
 * a: smooth part of the predicted KL divergence (nats per token) when tensor t is stored as `type`; s: the part that comes from routers
 * choosing other experts, which grows with the amplitude of all errors together (nats squared). t runs over the stored tensors: layer x
 * {gate, up, down}, attention, embedding, output. Papers: GEMQ, arXiv 2605.23078, and PMQ of MC, arXiv 2410.06270, both per expert; here
 * per stacked tensor, which is what GGUF can hold, and with the switching term, which is ours. Assumes that errors of different tensors are
 * independent. On wiki-moe16 the predicted divergence of whole plans of 5, 4 and 3 bits was 16 to 20 % below the measured one on held-out
 * text (0.0024, 0.0063 and 0.0224 against 0.0030, 0.0078 and 0.0265 nats); llama.cpp's rounding of activations comes on top.
 */
import { isAttentionMatrix } from '../../architectures/parts.ts'
import * as z from 'zod'
import { allocateJointly } from '../../allocation/joint-allocation.ts'
import type { ErrorCost } from '../../calibration/error-table.ts'
import type { StoredTensor } from '../../calibration/stored-tensors.ts'
import { ExpectedError } from '../../contract/errors.ts'
import type { Plan } from '../../contract/plan.ts'
import type { GgmlTypeName } from '../../tensor/ggml-type.ts'
import { assemblePlan } from '../assemble-plan.ts'
import { padded } from '../../formats/gguf/limits.ts'
import { bitsPerWeightOf, candidatesOf } from '../candidates.ts'
import type { Candidate } from '../candidates.ts'
import type { Method, PlanInput, SizeInput, SizeRange } from '../method.ts'
import { parseParameters } from '../parameters.ts'
import { TYPES_SETTING } from './blocks/one-type.ts'

const FLOORS = ['none', 'Q8_0', 'Q6_K', 'Q5_K', 'Q4_K', 'Q3_K'] as const

const Parameters = z.object({
  types: TYPES_SETTING,
  keepOriginal: z.boolean().default(true).describe('Leave a tensor as it is where the budget allows'),
  keepAttentionAtLeast: z.enum(FLOORS).default('none').describe('Smallest type for the attention matrices'),
  rounding: z
    .enum(['nearest', 'feedback'])
    .default('nearest')
    .describe(
      'Round each weight to its nearest value, or column by column with the error passed on to later columns (GPTQ): better and several times slower',
    ),
  keepOutputAtLeast: z.enum(FLOORS).default('none').describe('Smallest type for the token embedding and the output matrix'),
})
type Parameters = z.infer<typeof Parameters>

export const measuredBits: Method = {
  id: 'measured-bits',
  title: 'Measured bits',
  family: 'quantize',
  summary: 'Gives each matrix of each layer the number of bits its measured error asks for, within an exact byte budget.',
  paper: 'GEMQ (arXiv 2605.23078) and PMQ (arXiv 2410.06270), per stacked tensor',
  parameters: Parameters,
  needsExperts: false,
  bitsOver: 'file',
  blocks: { needs: ['importance', 'encode-errors'], measure: null, plan, sizeRange },
  forms: null,
}

function plan(input: PlanInput): Plan {
  const parameters = parseParameters('measured-bits', Parameters, input.parameters)
  const { smallestBytes } = sizeRange(input)
  if (smallestBytes > input.budgetBytes) throw new ExpectedError('budget-too-small', { budgetBytes: input.budgetBytes, smallestBytes })
  const candidates = input.tensors.map((tensor) => allowed(tensor, parameters))
  const choices = input.tensors.map((tensor, index) =>
    (candidates[index] ?? []).map((candidate) => {
      return { bytes: padded(candidate.bytes, input.alignment), ...costOf(input, tensor, candidate.type) }
    }),
  )
  const { picks } = allocateJointly(choices, input.budgetBytes - input.headerBytes)
  const made = assemblePlan(
    'measured-bits',
    input,
    parameters,
    picks.map((pick, index) => candidates[index]?.[pick] as Candidate),
  )
  return parameters.rounding === 'nearest' ? made : { ...made, rounding: 'feedback', notes: [{ note: 'feedback-loses-less' }] }
}

function sizeRange(input: SizeInput): SizeRange {
  const parameters = parseParameters('measured-bits', Parameters, input.parameters)
  const sizes = input.tensors.map((tensor) => allowed(tensor, parameters).map((candidate) => padded(candidate.bytes, input.alignment)))
  return {
    smallestBytes: sizes.reduce((sum, own) => sum + Math.min(...own), input.headerBytes),
    largestBytes: sizes.reduce((sum, own) => sum + Math.max(...own), input.headerBytes),
  }
}

/** The candidates the parameters leave: at least the floor of the tensor's role, and the source's own type if it may stay. */
function allowed(tensor: StoredTensor, parameters: Parameters): Candidate[] {
  const wanted: GgmlTypeName[] = parameters.keepOriginal ? [...parameters.types, tensor.source] : [...parameters.types]
  const floor = floorOf(tensor, parameters)
  if (floor === 'none') return candidatesOf(tensor, wanted)
  const high = wanted.filter((type) => bitsPerWeightOf(type) >= bitsPerWeightOf(floor))
  return candidatesOf(tensor, high.length === 0 ? [floor] : high)
}

function floorOf(tensor: StoredTensor, parameters: Parameters): Parameters['keepOutputAtLeast'] {
  if (tensor.role === 'embedding' || tensor.role === 'output') return parameters.keepOutputAtLeast
  return isAttentionMatrix(tensor.role) ? parameters.keepAttentionAtLeast : 'none'
}

function costOf(input: PlanInput, tensor: StoredTensor, type: GgmlTypeName): ErrorCost {
  if (tensor.keptInF32 || type === tensor.source) return { smooth: 0, switching: 0 }
  const cost = input.errors.tensors[tensor.name]?.[type]
  if (cost === undefined) throw new Error(`no error known for ${tensor.name} as ${type}`)
  return cost
}
