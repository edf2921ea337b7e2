import * as z from 'zod'
import { ExpectedError } from '../../../contract/errors.ts'
import type { Plan } from '../../../contract/plan.ts'
import type { GgmlTypeName } from '../../../tensor/ggml-type.ts'
import { assemblePlan } from '../../assemble-plan.ts'
import { padded } from '../../../formats/gguf/limits.ts'
import { candidatesOf } from '../../candidates.ts'
import type { Candidate } from '../../candidates.ts'
import type { PlanInput, SizeInput, SizeRange } from '../../method.ts'
import { isCommonMatrix, isExpertRole } from '../../../architectures/parts.ts'
import { requireRoundingLimit } from '../packed/limits.ts'

/** The ggml types a matrix may be given. */
export const BLOCK_TYPES = ['Q8_0', 'Q6_K', 'Q5_K', 'Q4_K', 'Q4_0', 'Q3_K', 'Q2_K'] as const

/** Setting of the methods that choose ggml types. */
export const TYPES_SETTING = z
  .array(z.enum(BLOCK_TYPES))
  .min(1)
  .default(['Q8_0', 'Q6_K', 'Q5_K', 'Q4_K', 'Q3_K', 'Q2_K'])
  .describe('GGUF: types a matrix may be stored as')

/** Settings of {@link planOneType}. */
export interface OneTypeSettings {
  readonly types: readonly (typeof BLOCK_TYPES)[number][]
  readonly keepOriginal: boolean
}

interface TypeFile {
  readonly chosen: readonly Candidate[]
  readonly bytes: number
  /** Mean bits of an expert weight, scales included. */
  readonly expertBits: number
}

/**
 * A GGUF file with every matrix of the same type, the largest that fits. Bits are those of an expert weight, scales included.
 * Throws ExpectedError 'budget-invalid', 'budget-too-small'.
 */
export function planOneType(method: string, input: PlanInput, settings: OneTypeSettings, rounding: 'nearest' | 'feedback'): Plan {
  const limit = requireRoundingLimit(input.limit, method)
  const files = filesOf(input, settings)
  const best = files.filter((file) => (limit.kind === 'bytes' ? file.bytes <= limit.bytes : file.expertBits <= limit.bits + 1e-9)).at(-1)
  if (best !== undefined) {
    const budgetBytes = limit.kind === 'bytes' ? limit.bytes : best.bytes
    return { ...assemblePlan(method, { ...input, budgetBytes }, { ...settings }, best.chosen), rounding }
  }
  const smallestBytes = Math.min(...files.map((file) => file.bytes))
  if (limit.kind === 'bytes') throw new ExpectedError('budget-too-small', { budgetBytes: limit.bytes, smallestBytes })
  throw new ExpectedError('budget-too-small', {
    averageBits: limit.bits,
    smallestAverageBits: Math.min(...files.map((file) => file.expertBits)),
    smallestBytes,
  })
}

/** Smallest and largest file of {@link planOneType}. */
export function oneTypeSizeRange(input: SizeInput, settings: OneTypeSettings): SizeRange {
  const sizes = filesOf(input, settings).map((file) => file.bytes)
  return { smallestBytes: Math.min(...sizes), largestBytes: Math.max(...sizes) }
}

/** The file each allowed type makes, smallest first. */
function filesOf(input: SizeInput, { types, keepOriginal }: OneTypeSettings): TypeFile[] {
  const rules: ((source: GgmlTypeName) => GgmlTypeName)[] = types.map((type) => () => type)
  if (keepOriginal) rules.push((source) => source)
  const files = rules.map((rule): TypeFile => {
    const chosen = input.tensors.map((tensor) => onlyCandidate(tensor, rule(tensor.source)))
    return {
      chosen,
      bytes: chosen.reduce((sum, { bytes }) => sum + padded(bytes, input.alignment), input.headerBytes),
      expertBits: bitsOfExperts(input.tensors, chosen),
    }
  })
  return files.sort((a, b) => a.bytes - b.bytes)
}

/** The candidate `type` leads to. */
export function onlyCandidate(tensor: SizeInput['tensors'][number], type: GgmlTypeName): Candidate {
  const [found] = [...candidatesOf(tensor, [type]), ...candidatesOf(tensor, [tensor.source])]
  if (found === undefined) throw new Error(`${tensor.name} may not be stored at all`)
  return found
}

/** Mean bits of an expert weight, scales included, padding not; of a dense network's weight where the model has no experts. */
export function bitsOfExperts(tensors: SizeInput['tensors'], chosen: readonly Candidate[]): number {
  let bytes = 0
  let weights = 0
  const counts = tensors.some(({ role }) => isExpertRole(role)) ? isExpertRole : isCommonMatrix
  for (const [index, tensor] of tensors.entries()) {
    if (!counts(tensor.role)) continue
    bytes += chosen[index]?.bytes ?? 0
    weights += tensor.weights
  }
  return (bytes * 8) / weights
}
