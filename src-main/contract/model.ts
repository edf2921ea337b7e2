import * as z from 'zod'

/** What the model page shows: a checkpoint folder, opened but not loaded. Sizes in bytes, parameters counted. */
export const ModelSummary = z.object({
  path: z.string(),
  name: z.string(),
  architecture: z.object({ id: z.string(), title: z.string(), ggufName: z.string() }),
  layers: z.int(),
  hidden: z.int(),
  heads: z.int(),
  kvHeads: z.int(),
  headSize: z.int(),
  experts: z.int(),
  expertsPerToken: z.int(),
  expertWidth: z.int(),
  vocabulary: z.int(),
  contextLength: z.int(),
  tiedEmbeddings: z.boolean(),
  dtype: z.string(),
  bytes: z.int(),
  shards: z.int(),
  parameters: z.object({ total: z.int(), active: z.int(), experts: z.int() }),
  tokenizer: z.object({ kind: z.string(), vocabulary: z.int(), preTokenizer: z.string() }),
  chatTemplate: z.boolean(),
  license: z.string().nullable(),
})
export type ModelSummary = z.infer<typeof ModelSummary>
