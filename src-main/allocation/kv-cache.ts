import type { MemoryNumbers } from './memory-numbers.ts'

/** Bytes of one cached number: llama.cpp keeps keys and values as f16 unless told otherwise. */
const BYTES_PER_CACHED_NUMBER = 2

/** Batches llama.cpp computes at once (its default `n_ubatch`): a layer with a window keeps one more than it sees. */
const BATCH_TOKENS = 512

/**
 * Bytes llama.cpp sets aside for keys and values of `contextTokens` tokens: of each layer 2 * kvHeads * headSize numbers a token, or its
 * latent vector; a layer with a window keeps no more than that and a batch.
 */
export function kvCacheBytes({ windows, cachedNumbers }: MemoryNumbers, contextTokens: number): number {
  return windows.reduce<number>((sum, window) => {
    const tokens = window === null ? contextTokens : Math.min(contextTokens, window + BATCH_TOKENS)
    return sum + cachedNumbers * tokens * BYTES_PER_CACHED_NUMBER
  }, 0)
}
