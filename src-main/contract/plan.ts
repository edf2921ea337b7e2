import * as z from 'zod'
import { ModelForm } from './form.ts'
import { FormatName } from './recipe.ts'

/** One decision of a plan: what happens to one stored tensor. */
export const PlanCell = z.object({
  /** Layer number, or null for tensors outside the layers. */
  layer: z.int().nullable(),
  /** Expert number; none for tensors that are not one expert's (stacked ones and shared factors included). */
  expert: z.int().optional(),
  /** Role of the tensor, e.g. 'expertGate', 'query', 'embedding'. */
  role: z.string(),
  /** Its name in the written file. */
  tensor: z.string(),
  /** What is done, e.g. 'encode' or 'keep'. */
  action: z.string(),
  /** How, e.g. the ggml type 'Q4_K', '3 bits' or 'rank 64'. */
  detail: z.string(),
  /** Rank kept, where the matrix is factored. */
  rank: z.int().optional(),
  weights: z.int(),
  bytes: z.int(),
  /**
   * Predicted share of the KL divergence (nats per token) or, for methods that predict none, of their own objective; null where nothing is
   * lost or known.
   */
  expectedError: z.number().nullable(),
  /** Why the type is not the one wanted (a fallback, a guard), or null. */
  note: z.string().nullable(),
})
export type PlanCell = z.infer<typeof PlanCell>

/** What will be done, computed before any weight is written. `bytes` is the exact size of the file to come. */
export const Plan = z.object({
  version: z.literal(1),
  /** Fingerprint of the checkpoint it was made for; none in plans made before there was one. */
  model: z.string().optional(),
  method: z.string(),
  /** What is written; none in plans made when there was only GGUF. */
  format: FormatName.optional(),
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
  /** How weights are rounded: to the best grid point each, or column by column with the error fed to the columns after it (GPTQ). */
  rounding: z.enum(['nearest', 'feedback']).optional(),
  /** How the matrices of an exported folder lie; none for GGUF. */
  form: ModelForm.optional(),
  /** What the method decided for each layer, by its own schema; none for GGUF. */
  decisions: z.array(z.unknown()).optional(),
  /** An integer program's end: relative gap to the proven bound, whether it is proven optimal, seconds. */
  solver: z.object({ gap: z.number(), proven: z.boolean(), seconds: z.number() }).optional(),
  /** What people should know of this plan, a sentence each: constraints dropped, experts unmeasured, a reconstruction used. */
  notes: z.array(z.string()).optional(),
  cells: z.array(PlanCell),
})
export type Plan = z.infer<typeof Plan>

/** What a plan writes. */
export function formatOf(plan: Pick<Plan, 'format'>): FormatName {
  return plan.format ?? 'gguf'
}
