import type { ModelShape } from '../architectures/architecture.ts'

/** Tokens llama.cpp computes at once (its default `n_ubatch`). */
const BATCH_TOKENS = 512
const BYTES_PER_ACTIVATION = 4

/** The attention mask is half precision. */
const BYTES_PER_MASK_ENTRY = 2

/** What of a model's shape the estimate needs. */
type Widths = Pick<ModelShape, 'hidden' | 'heads' | 'kvHeads' | 'headSize' | 'expertWidth' | 'expertsPerToken' | 'vocabulary'>

/**
 * Estimate of the scratch memory llama.cpp allocates beside weights and cache, in bytes. The largest moment is either the logits of a
 * batch or one layer's widest step, plus what stays alive through the layer (residual, mask). With flash attention, which llama.cpp uses
 * where it can. For wiki-moe16 llama.cpp v0.5.0 itself reserves 9.0 MiB at any context from 512 to 2048; this says 10.0 to 11.5.
 */
export function computeBufferBytes(shape: Widths, contextTokens: number): number {
  const { hidden, heads, kvHeads, headSize, expertWidth, expertsPerToken, vocabulary } = shape
  const logits = vocabulary
  const experts = expertsPerToken * (2 * expertWidth + hidden) + hidden
  const attention = (2 * heads + 2 * kvHeads) * headSize + hidden
  const perToken = Math.max(logits + hidden, experts, attention) + 2 * hidden
  const mask = BATCH_TOKENS * contextTokens * BYTES_PER_MASK_ENTRY
  return BATCH_TOKENS * perToken * BYTES_PER_ACTIVATION + mask
}
