/**
 * Uniform: every matrix gets the same type, the largest that fits the budget; what is left over stays unspent.
 *
 *   type = argmax { bits(b) : header + sum_t bytes[t, b] <= budget }
 *
 * The honest baseline for methods that choose per tensor: same encoder, same importance weights, no allocation. (llama.cpp's `--pure`.)
 */
import * as z from 'zod'
import { ExpectedError } from '../../contract/errors.ts'
import type { Plan } from '../../contract/plan.ts'
import type { GgmlTypeName } from '../../tensor/ggml-type.ts'
import { assemblePlan } from '../assemble-plan.ts'
import { candidatesOf, padded } from '../candidates.ts'
import type { Candidate } from '../candidates.ts'
import type { Method, PlanInput, SizeInput, SizeRange } from '../method.ts'
import { parseParameters } from '../parameters.ts'

const TYPES = ['Q8_0', 'Q6_K', 'Q5_K', 'Q4_K', 'Q4_0', 'Q3_K', 'Q2_K'] as const

const Parameters = z.object({
  types: z.array(z.enum(TYPES)).min(1).default(['Q8_0', 'Q6_K', 'Q5_K', 'Q4_K', 'Q3_K', 'Q2_K']).describe('Types the model may be stored as'),
  keepOriginal: z.boolean().default(true).describe('Leave the model as it is where the budget allows'),
})

export const uniform: Method = {
  id: 'uniform',
  title: 'One type for all',
  family: 'quantize',
  summary: 'Stores every matrix as the same type, the largest that fits. A baseline to compare with.',
  paper: 'none: round to nearest with importance weights, as llama.cpp does',
  parameters: Parameters,
  bitsOver: 'file',
  blocks: { needs: ['importance'], measure: null, plan, sizeRange },
  forms: null,
}

function plan(input: PlanInput): Plan {
  const parameters = parseParameters('uniform', Parameters, input.parameters)
  const fitting = filesOf(input).filter((file) => file.bytes <= input.budgetBytes)
  const best = fitting.at(-1)
  if (best === undefined) {
    throw new ExpectedError('budget-too-small', { budgetBytes: input.budgetBytes, smallestBytes: sizeRange(input).smallestBytes })
  }
  return assemblePlan('uniform', input, parameters, best.chosen)
}

function sizeRange(input: SizeInput): SizeRange {
  const sizes = filesOf(input).map((file) => file.bytes)
  return { smallestBytes: Math.min(...sizes), largestBytes: Math.max(...sizes) }
}

/** The file each allowed type makes, smallest first. */
function filesOf(input: SizeInput): { bytes: number; chosen: Candidate[] }[] {
  const { types, keepOriginal } = parseParameters('uniform', Parameters, input.parameters)
  const rules: ((source: GgmlTypeName) => GgmlTypeName)[] = types.map((type) => () => type)
  if (keepOriginal) rules.push((source) => source)
  const files = rules.map((rule) => {
    const chosen = input.tensors.map((tensor) => onlyCandidate(tensor, rule(tensor.source)))
    return { chosen, bytes: chosen.reduce((sum, candidate) => sum + padded(candidate.bytes, input.alignment), input.headerBytes) }
  })
  return files.sort((a, b) => a.bytes - b.bytes)
}

/** The candidate `type` leads to; the source's own type where the architecture forbids it. */
function onlyCandidate(tensor: SizeInput['tensors'][number], type: GgmlTypeName): Candidate {
  const [found] = [...candidatesOf(tensor, [type]), ...candidatesOf(tensor, [tensor.source])]
  if (found === undefined) throw new Error(`${tensor.name} may not be stored at all`)
  return found
}
