import * as z from 'zod'
import { ModelForm } from './form.ts'
import { PlanNote } from './notes.ts'
import { FormatName } from './recipe.ts'

/** One decision of a plan: what happens to one stored tensor. */
export const PlanCell = z.object({
  /** Layer number, or null for tensors outside the layers. */
  layer: z.int().nullable(),
  /** Expert number; null for tensors that are not one expert's (stacked ones and shared factors included). */
  expert: z.int().nullable(),
  /** Role of the tensor, e.g. 'expertGate', 'query', 'embedding'. */
  role: z.string(),
  /** Its name in the written file. */
  tensor: z.string(),
  /** What is done, e.g. 'encode' or 'keep'. */
  action: z.string(),
  /** How, e.g. the ggml type 'Q4_K', '3 bits' or 'rank 64'. */
  detail: z.string(),
  /** Rank kept, where the matrix is factored; null elsewhere. */
  rank: z.int().nullable(),
  weights: z.int(),
  bytes: z.int(),
  /**
   * Predicted share of the KL divergence (nats per token) or, for methods that predict none, of their own objective; null where nothing is
   * lost or known.
   */
  expectedError: z.number().nullable(),
  /** Why the type is not the one wanted (a fallback, a guard), or null. */
  note: PlanNote.nullable(),
})
export type PlanCell = z.infer<typeof PlanCell>

/** What will be done, computed before any weight is written. `bytes` is the exact size of the file to come. */
export const Plan = z.object({
  version: z.literal(1),
  /** Fingerprint of the checkpoint it was made for; null until it is known, and in plans made before there was one. */
  model: z.string().nullable(),
  method: z.string(),
  /** What is written. */
  format: FormatName,
  parameters: z.record(z.string(), z.unknown()),
  budgetBytes: z.int(),
  originalBytes: z.int(),
  bytes: z.int(),
  /** Header, padding and metadata, in bytes: bytes = headerBytes + sum of padded cells. */
  headerBytes: z.int(),
  weights: z.int(),
  bitsPerWeight: z.number(),
  /** Predicted mean KL divergence, nats per token; null where the method predicts none. */
  expectedError: z.number().nullable(),
  /** What the prediction rests on: 'measured-kl', 'output-power', or 'none'. */
  sensitivity: z.string(),
  seed: z.int(),
  /**
   * How weights are rounded: to the best grid point each, or column by column with the error fed to the columns after it (GPTQ); null where
   * the method does not say.
   */
  rounding: z.enum(['nearest', 'feedback']).nullable(),
  /** How the matrices of an exported folder lie; null for GGUF. */
  form: ModelForm.nullable(),
  /** What the method decided for each layer, by its own schema; none for GGUF. */
  decisions: z.array(z.unknown()),
  /** An integer program's end: relative gap to the proven bound, whether it is proven optimal, seconds; null where there was none. */
  solver: z.object({ gap: z.number(), proven: z.boolean(), seconds: z.number() }).nullable(),
  /** What people should know of this plan: constraints dropped, experts unmeasured, a reconstruction used. */
  notes: z.array(PlanNote),
  cells: z.array(PlanCell),
})
export type Plan = z.infer<typeof Plan>
