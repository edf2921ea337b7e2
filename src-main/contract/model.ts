import * as z from 'zod'
import { FormatName } from './recipe.ts'

/**
 * What the model page shows: a checkpoint folder, opened but not loaded. Sizes in bytes, parameters counted. Defaults are for runs that
 * were stored before there were other families than Qwen3 with experts.
 */
export const ModelSummary = z.object({
  path: z.string(),
  name: z.string(),
  architecture: z.object({ id: z.string(), title: z.string(), ggufName: z.string() }),
  layers: z.int(),
  hidden: z.int(),
  heads: z.int(),
  kvHeads: z.int(),
  headSize: z.int(),
  /** Experts of each routed layer; 0: the model has none. */
  experts: z.int(),
  expertsPerToken: z.int(),
  expertWidth: z.int(),
  /** Layers with one feed-forward network for all tokens, and its rows. */
  denseLayers: z.int().default(0),
  denseWidth: z.int().default(0),
  /** Rows of the expert every token passes; 0: there is none. */
  sharedWidth: z.int().default(0),
  /** Tensors of the folder that a text model has no use for (eyes, ears, heads that predict later tokens), by what they are. */
  leftOut: z
    .array(z.object({ what: z.enum(['vision', 'audio', 'later-tokens', 'rope-table']), tensors: z.int(), bytes: z.int() }))
    .default([]),
  /**
   * What memory beside the weights depends on: numbers a token leaves in the cache of a layer, the window of each layer (null: all), and
   * the numbers of a token's widest step. Null in runs from before it was kept: their layers are alike, with keys and values of their own.
   */
  memory: z
    .object({ cachedNumbers: z.int(), windows: z.array(z.int().nullable()), widestStep: z.int() })
    .nullable()
    .default(null),
  vocabulary: z.int(),
  contextLength: z.int(),
  tiedEmbeddings: z.boolean(),
  dtype: z.string(),
  bytes: z.int(),
  shards: z.int(),
  parameters: z.object({ total: z.int(), active: z.int(), experts: z.int() }),
  /** Formats each method can make of it, the default first; null in runs from before it was kept. */
  ways: z.record(z.string(), z.array(FormatName)).nullable().default(null),
  tokenizer: z.object({ kind: z.string(), vocabulary: z.int(), preTokenizer: z.string() }),
  chatTemplate: z.boolean(),
  license: z.string().nullable(),
})
export type ModelSummary = z.infer<typeof ModelSummary>
