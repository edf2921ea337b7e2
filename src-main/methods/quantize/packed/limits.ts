import { ExpectedError } from '../../../contract/errors.ts'
import type { Limit } from '../../limit.ts'
import { bytesOfForm, plainForm } from '../../limit.ts'
import type { FormSizeInput, ModelOutline, SizeRange } from '../../method.ts'
import { BYTES_PER_ELEMENT } from '../../../tensor/dtype.ts'
import { isExpertRole } from '../../../architectures/parts.ts'
import { checkpointTensors } from '../../../architectures/tensor-list.ts'
import { packedForm } from './form.ts'
import type { Width } from './form.ts'
import type { PackedSettings } from './settings.ts'

/** A limit a method that only rounds weights can keep. */
export type RoundingLimit = Exclude<Limit, { kind: 'expert-share' }>

/** Throws ExpectedError 'budget-invalid' for a share of the expert parameters: rounding removes none. */
export function requireRoundingLimit(limit: Limit, method: string): RoundingLimit {
  if (limit.kind !== 'expert-share') return limit
  throw new ExpectedError('budget-invalid', { reason: 'removes-none', method })
}

/** Every expert at the same width. */
export function allAt({ shape }: ModelOutline, width: Width): Width[][] {
  return Array.from({ length: shape.layers }, () => new Array<Width>(shape.experts).fill(width))
}

/**
 * From all experts at the smallest width to the original, or to the largest width. A dense rebuild has the original's size whatever is
 * done.
 */
export function packedSizeRange({ outline, format }: FormSizeInput, widths: readonly Width[], settings: PackedSettings): SizeRange {
  const plain = bytesOfForm(outline, plainForm(outline))
  if (format === 'safetensors-dense') return { smallestBytes: plain, largestBytes: plain }
  const bytesAt = (width: Width | undefined): number =>
    width === undefined ? plain : bytesOfForm(outline, packedForm(outline, allAt(outline, width), settings))
  return { smallestBytes: bytesAt(widths[0]), largestBytes: settings.keepOriginal ? plain : bytesAt(widths.at(-1)) }
}

/** Whether the limit leaves room for the original, and the settings let it stay. */
export function staysPlain(outline: ModelOutline, limit: RoundingLimit, settings: PackedSettings): boolean {
  if (!settings.keepOriginal) return false
  if (limit.kind === 'bytes') return bytesOfForm(outline, plainForm(outline)) <= limit.bytes
  return limit.bits >= sourceBits(outline)
}

/** Bits of an expert weight as the checkpoint has it, the most of all. */
function sourceBits(outline: ModelOutline): number {
  const dtypes = new Set(
    checkpointTensors(outline.architecture, outline.shape)
      .filter(({ role }) => isExpertRole(role))
      .map((place) => outline.dtypeOf(place)),
  )
  return Math.max(...[...dtypes].map((dtype) => BYTES_PER_ELEMENT[dtype] * 8))
}

/** Refuses a limit below the smallest folder. Throws ExpectedError 'budget-too-small' with the nearest possible budget. */
export function requireReachable(limit: RoundingLimit, { format }: FormSizeInput, widths: readonly Width[], range: SizeRange): void {
  const smallest = widths[0] ?? Infinity
  const { smallestBytes } = range
  if (limit.kind === 'bytes') {
    if (limit.bytes < smallestBytes) throw new ExpectedError('budget-too-small', { budgetBytes: limit.bytes, smallestBytes })
    return
  }
  if (limit.bits >= smallest) return
  const facts = { averageBits: limit.bits, smallestAverageBits: smallest, smallestBytes }
  if (format !== 'safetensors-gptq' || smallest <= 1) throw new ExpectedError('budget-too-small', facts)
  throw new ExpectedError('budget-too-small', { ...facts, reason: 'fewest-bits', format, fewest: smallest, use: 'safetensors' })
}
