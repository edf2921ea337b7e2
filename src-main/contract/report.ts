import * as z from 'zod'
import { FormatName } from './recipe.ts'

/** Quality of the shrunk model against the original on the same held-out tokens. */
export const Quality = z.object({
  /** Predicted tokens. */
  tokens: z.int(),
  /** `ratioError`: standard error of shrunk / original; none in old reports. */
  perplexity: z.object({ original: z.number(), shrunk: z.number(), ratioError: z.number().optional() }),
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
  tensor: z.string(),
  layer: z.int().nullable(),
  /** Expert number; none where all experts of a layer are one row. */
  expert: z.int().optional(),
  role: z.string(),
  from: z.string(),
  to: z.string(),
  bytes: z.int(),
  weights: z.int(),
  /** Relative weighted error of the decoded weights: sqrt(sum a_j dw_j^2 / sum a_j w_j^2). */
  relativeError: z.number(),
  /** Share of the tensor's rows that were compared, 0..1; less than 1 only for very large tensors. */
  sampledRows: z.number().optional(),
})
export type TensorAudit = z.infer<typeof TensorAudit>

/** What skipping experts at run time saves and costs, measured on the held-out tokens with the written file's weights. */
export const PruningReport = z.object({
  /** Mean share of the routed experts that ran, over layers and tokens, 0..1. */
  keptExpertShare: z.number(),
  /** Share of the routed experts that were skipped, by layer, 0..1. */
  skipRate: z.array(z.number()),
  /**
   * Weights a token is multiplied with on average: the attention matrices, the router, and the three matrices of each routed expert that
   * runs. Norms, the embedding and the output matrix are not counted; factored matrices count as the dense ones they stand for.
   */
  activeParameters: z.object({ before: z.number(), after: z.number() }),
  /** The shrunk model when no expert is skipped. The report's own `quality` is with pruning. */
  withoutPruning: Quality,
  /** The shrunk model when no token is protected. */
  withoutProtection: Quality,
})
export type PruningReport = z.infer<typeof PruningReport>

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
  /** SHA-256 of the held-out token ids and of the tokenizer: only reports equal in both may share a quality axis. None in old reports. */
  judgedOn: z.object({ heldOut: z.string(), tokenizer: z.string() }).optional(),
  /** Only where the plan lets tokens skip experts. */
  pruning: PruningReport.optional(),
  verification: Verification.nullable(),
  /** Why there is no verification, when there is none: a reason, what another program said, or both. */
  verificationMissing: z.record(z.string(), z.unknown()).nullable(),
  audit: z.array(TensorAudit),
})
export type Report = z.infer<typeof Report>
