import * as z from 'zod'

/** One decision of a plan: what happens to one stored tensor. */
export const PlanCell = z.object({
  /** Layer number, or null for tensors outside the layers. */
  layer: z.int().nullable(),
  /** Role of the tensor, e.g. 'expertGate', 'query', 'embedding'. */
  role: z.string(),
  /** Its name in the written file. */
  tensor: z.string(),
  /** What is done, e.g. 'encode' or 'keep'. */
  action: z.string(),
  /** How, e.g. the ggml type 'Q4_K'. */
  detail: z.string(),
  weights: z.int(),
  bytes: z.int(),
  /** Predicted share of the KL divergence (nats per token), or null where nothing is lost or known. */
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
  parameters: z.record(z.string(), z.unknown()),
  budgetBytes: z.int(),
  originalBytes: z.int(),
  bytes: z.int(),
  /** Header, padding and metadata, in bytes: bytes = headerBytes + sum of padded cells. */
  headerBytes: z.int(),
  weights: z.int(),
  bitsPerWeight: z.number(),
  /** Predicted mean KL divergence, nats per token. */
  expectedError: z.number(),
  /** What the prediction rests on: 'measured-kl' or 'output-power'. */
  sensitivity: z.string(),
  seed: z.int(),
  cells: z.array(PlanCell),
})
export type Plan = z.infer<typeof Plan>
