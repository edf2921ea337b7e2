import * as z from 'zod'

/** What a finished run gives away besides its file. */
export const ExportOrder = z.object({
  runId: z.string(),
  /** Folder to write to; null = beside the run's own file. */
  folder: z.string().min(1).nullable().default(null),
  /** Name of the file or folder, without ending; null = the run's own. */
  name: z
    .string()
    .regex(/^[^\\/:*?"<>|\u0000-\u001f]{1,120}$/u)
    .nullable()
    .default(null),
  /** The model itself: left where it is, copied (hard-linked where the volume can), or split into parts of at most `splitBytes`. */
  model: z.enum(['leave', 'copy', 'split']).default('leave'),
  splitBytes: z.int().min(1_000_000).default(3_900_000_000),
  /** Files beside it. */
  extras: z.array(z.enum(['card', 'recipe', 'plan', 'checksums', 'modelfile'])).default([]),
})
export type ExportOrder = z.infer<typeof ExportOrder>

export const ExportedFile = z.object({ path: z.string(), bytes: z.int(), linked: z.boolean() })
export type ExportedFile = z.infer<typeof ExportedFile>
