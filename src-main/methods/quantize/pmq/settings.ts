import * as z from 'zod'
import type { PmqExponents } from '../../../allocation/pmq-cost.ts'
import { BLOCK_TYPES, TYPES_SETTING } from '../blocks/one-type.ts'
import { asWidth } from '../packed/form.ts'
import type { Width } from '../packed/form.ts'
import { PACKED_SETTINGS, WidthName } from '../packed/settings.ts'

const FIXED_TYPES = ['keep', ...BLOCK_TYPES] as const

/** Settings of `mc`. */
export const PmqSettings = z.object({
  widths: z.array(WidthName).default([]).describe('Folder: bits an expert may have; none named: chosen by the budget'),
  scope: z
    .enum(['layer', 'model'])
    .default('layer')
    .describe('Folder: every layer has the same mean of bits, as in the paper, or layers share one budget'),
  ...PACKED_SETTINGS,
  types: TYPES_SETTING,
  attentionType: z.enum(FIXED_TYPES).default('Q5_K').describe('GGUF: type of the attention matrices'),
  embeddingType: z.enum(FIXED_TYPES).default('Q6_K').describe('GGUF: type of the token embedding and the output matrix'),
  alpha: z.number().min(0).max(4).default(1).describe('Exponent of how often an expert is chosen'),
  beta: z.number().min(0).max(4).default(1.5).describe('Exponent of the mean weight the router gives it'),
  gamma: z.number().min(0).max(4).default(2).describe('Exponent of the error it suffers'),
  skipExperts: z.number().min(0).max(0.9).default(0).describe('Folder: share of the chosen experts that tokens skip at run time'),
  protectedShare: z.number().min(0).max(1).default(0.02).describe('Folder: share of the tokens, the most important ones, that skip none'),
  timeLimit: z.number().min(1).max(3600).default(60).describe('Seconds the solver may take for one program'),
})
export type PmqSettings = z.infer<typeof PmqSettings>

/** Widths an expert may have when none are named. */
const ALL_WIDTHS: readonly Width[] = [1, 2, 3, 4, 5, 6, 8]

/** The widths that may be chosen, growing. */
export function chosenFrom({ widths }: Pick<PmqSettings, 'widths'>): readonly Width[] {
  if (widths.length === 0) return ALL_WIDTHS
  return [...new Set(widths.map((width) => asWidth(Number(width))))].sort((a, b) => a - b)
}

/** The largest width whose error is measured; see {@link errorAtWidth}. */
const WIDEST_MEASURED = 4

/** The widths that are measured, growing: in place of all larger ones, 4. */
export function measuredWidths(settings: Pick<PmqSettings, 'widths'>): readonly Width[] {
  return [...new Set(chosenFrom(settings).map((width): Width => (width > WIDEST_MEASURED ? WIDEST_MEASURED : width)))]
}

/**
 * The error at a width, from those measured. Above 4 bits a step half as wide halves it: measured on wiki-moe16, errors of its 64 experts
 * at 5, 6 and 8 bits were 0.493 to 0.513, 0.248 to 0.267 and 0.063 to 0.073 of that at 4, where this says 0.5, 0.25 and 0.0625.
 */
export function errorAtWidth(errors: Readonly<Record<string, number>>, width: Width): number | undefined {
  const measured = errors[Math.min(width, WIDEST_MEASURED)]
  return measured === undefined || width <= WIDEST_MEASURED ? measured : measured * 2 ** (WIDEST_MEASURED - width)
}

export function exponentsOf({ alpha, beta, gamma }: PmqSettings): PmqExponents {
  return { alpha, beta, gamma }
}
