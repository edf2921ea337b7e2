import type { ModelShape } from '../architectures/architecture.ts'

/** Bytes of one cached number: llama.cpp keeps keys and values as f16 unless told otherwise. */
const BYTES_PER_CACHED_NUMBER = 2

/** Bytes llama.cpp sets aside for keys and values of `contextTokens` tokens: 2 * layers * kvHeads * headSize * context * 2. */
export function kvCacheBytes(shape: Pick<ModelShape, 'layers' | 'kvHeads' | 'headSize'>, contextTokens: number): number {
  return 2 * shape.layers * shape.kvHeads * shape.headSize * contextTokens * BYTES_PER_CACHED_NUMBER
}
