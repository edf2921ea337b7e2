import type { MemoryNumbers } from './memory-numbers.ts'

/** Tokens llama.cpp computes at once (its default `n_ubatch`). */
const BATCH_TOKENS = 512
const BYTES_PER_ACTIVATION = 4

/** The attention mask is half precision. */
const BYTES_PER_MASK_ENTRY = 2

/**
 * Estimate of the scratch memory llama.cpp allocates beside weights and cache, in bytes. The largest moment is either the logits of a
 * batch or one layer's widest step, plus what stays alive through the layer (residual, mask). With flash attention, which llama.cpp uses
 * where it can. For wiki-moe16 llama.cpp v0.5.0 itself reserves 9.0 MiB at any context from 512 to 2048; this says 10.0 to 11.5.
 */
export function computeBufferBytes({ hidden, vocabulary, widestStep }: MemoryNumbers, contextTokens: number): number {
  const perToken = Math.max(vocabulary + hidden, widestStep) + 2 * hidden
  const mask = BATCH_TOKENS * contextTokens * BYTES_PER_MASK_ENTRY
  return BATCH_TOKENS * perToken * BYTES_PER_ACTIVATION + mask
}
