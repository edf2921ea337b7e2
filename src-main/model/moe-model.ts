import type { Architecture, ModelShape } from '../architectures/architecture.ts'
import type { PruningForm } from '../contract/form.ts'
import type { LazyTensor } from '../tensor/tensor.ts'

/** One expert: y = down (silu(gate x) * (up x)). */
export interface Expert {
  readonly gate: LazyTensor // (width, hidden)
  readonly up: LazyTensor // (width, hidden)
  readonly down: LazyTensor // (hidden, width)
}

/** One transformer layer, nothing loaded. */
export interface MoeLayer {
  readonly index: number
  readonly attentionNorm: LazyTensor // (hidden)
  readonly query: LazyTensor // (heads * headSize, hidden)
  readonly key: LazyTensor // (kvHeads * headSize, hidden)
  readonly value: LazyTensor // (kvHeads * headSize, hidden)
  readonly attentionOutput: LazyTensor // (hidden, heads * headSize)
  readonly queryNorm: LazyTensor // (headSize)
  readonly keyNorm: LazyTensor // (headSize)
  readonly expertNorm: LazyTensor // (hidden)
  readonly router: LazyTensor // (experts, hidden)
  readonly experts: readonly Expert[]
}

/** A checkpoint, understood: what every tensor means, nothing loaded. Comes from a safetensors folder or from a GGUF file. */
export interface MoeModel {
  readonly architecture: Architecture
  readonly shape: ModelShape
  readonly embedding: LazyTensor // (vocabulary, hidden)
  readonly layers: readonly MoeLayer[]
  readonly outputNorm: LazyTensor // (hidden)
  /** The output matrix (vocabulary, hidden); the embedding itself when tied. */
  readonly output: LazyTensor
  /** Experts that tokens may skip; absent or null: every token runs all its chosen experts. */
  readonly pruning?: PruningForm | null | undefined
  /** Closes the files behind the tensors. */
  close(): Promise<void>
}
