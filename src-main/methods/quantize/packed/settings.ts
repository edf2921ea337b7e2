import * as z from 'zod'

/** Widths as a form offers them: words, because a choice is among words. */
const WIDTHS = ['1', '2', '3', '4', '5', '6', '8'] as const
export const WidthName = z.enum(WIDTHS)

/** Settings shared by the methods that pack integer codes. */
export const PACKED_SETTINGS = {
  groupSize: z
    .int()
    .min(8)
    .max(4096)
    .default(128)
    .describe('Folder: input columns that share a scale; a matrix they do not divide takes the largest number below that does'),
  attentionBits: z
    .enum(['keep', ...WIDTHS])
    .default('4')
    .describe('Folder: bits of the attention matrices, or leave them as they are'),
  keepOriginal: z.boolean().default(true).describe('Leave the model as it is where the budget allows'),
}

/** What {@link PACKED_SETTINGS} are parsed to. */
export interface PackedSettings {
  readonly groupSize: number
  readonly attentionBits: z.infer<typeof WidthName> | 'keep'
  readonly keepOriginal: boolean
}

/** The largest divisor of `columns` that is at most `wanted`. */
export function groupSizeFor(columns: number, wanted: number): number {
  let size = Math.min(columns, wanted)
  while (columns % size !== 0) size--
  return size
}
