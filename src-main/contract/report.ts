import * as z from 'zod'
import { FormatName } from './recipe.ts'

/** Quality of the shrunk model against the original on the same held-out tokens. */
export const Quality = z.object({
  /** Predicted tokens. */
  tokens: z.int(),
  perplexity: z.object({ original: z.number(), shrunk: z.number() }),
  /** KL(original || shrunk) in nats per token. */
  klDivergence: z.object({ mean: z.number(), standardError: z.number(), p99: z.number() }),
  /** Share of tokens whose most likely next token is the same, 0..1. */
  topOneAgreement: z.number(),
  /** Expected speculative acceptance: mean over tokens of sum_v min(p, q), 0..1. */
  esap: z.number(),
})
export type Quality = z.infer<typeof Quality>

/** An outside engine's word on the written file. */
export const Verification = z.object({
  /** e.g. 'llama.cpp v0.5.0'. */
  engine: z.string(),
  perplexity: z.number(),
  /** Ours on the same tokens. */
  expected: z.number(),
  /** Whether the two agree within 1 %. */
  agrees: z.boolean(),
  /** Text the file continued a prompt with. */
  sample: z.object({ prompt: z.string(), continuation: z.string() }),
})
export type Verification = z.infer<typeof Verification>

/** Error found in one written tensor: predicted and real, weighted by the calibration statistics. */
export const TensorAudit = z.object({
  tensor: z.string(), layer: z.int().nullable(),
  /** Expert number; none where all experts of a layer are one row. */
  expert: z.int().optional(),
  role: z.string(), from: z.string(), to: z.string(),
  bytes: z.int(), weights: z.int(),
  /** Relative weighted error of the decoded weights: sqrt(sum a_j dw_j^2 / sum a_j w_j^2). */
  relativeError: z.number(),
  /** Share of the tensor's rows that were compared, 0..1; less than 1 only for very large tensors. */
  sampledRows: z.number().optional(),
})
export type TensorAudit = z.infer<typeof TensorAudit>

/** What was won and what was lost, measured on the written file's own decoded weights. */
export const Report = z.object({
  version: z.literal(1),
  method: z.string(),
  /** None in reports made when there was only GGUF. */
  format: FormatName.optional(),
  device: z.string(),
  kernels: z.string(),
  seconds: z.number(),
  peakMemoryBytes: z.int(),
  budgetBytes: z.int(),
  planBytes: z.int(),
  bitsPerWeight: z.number(),
  original: z.object({ bytes: z.int() }),
  file: z.object({ path: z.string(), bytes: z.int(), sha256: z.string() }),
  quality: Quality,
  verification: Verification.nullable(),
  /** Why there is no verification, when there is none. */
  verificationMissing: z.string().nullable(),
  audit: z.array(TensorAudit),
})
export type Report = z.infer<typeof Report>
