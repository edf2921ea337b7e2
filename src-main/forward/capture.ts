import type { Routing } from './routing.ts'

/** What a mixer hands to the feed-forward: its input, and who goes where (after pruning, if any); nowhere in a dense layer. */
export interface DenseResult {
  readonly normalized: Float32Array // (tokens, hidden)
  readonly routing: Routing
}

/** Inputs of a layer's dense matrices for some tokens of the stream. */
export interface AttentionInputs {
  /** Place of the first of them in the stream. */
  readonly firstToken: number
  /** Input of query, key and value: the attention norm's output. (tokens, hidden) */
  readonly input: Float32Array
  /** Input of the attention output matrix: the mixed values of all heads. (tokens, heads * headSize) */
  readonly outputInput: Float32Array
  /** Input of the matrix that makes queries, and of those that make keys and values, where attention is latent. (tokens, rank) */
  readonly latentQuery: Float32Array | null
  readonly latent: Float32Array | null
}

/**
 * Shows a caller what flows into the matrices of one layer. Whatever is passed belongs to the callee, who may keep it after the call but
 * not change it. What is not asked for is not computed.
 */
export interface LayerCapture {
  /** Called batch by batch, in the order of the stream. */
  readonly onAttentionInputs?: ((batch: AttentionInputs) => void) | undefined
  /** Called once for all tokens, before the experts run. */
  readonly onRouted?: ((dense: DenseResult) => void) | undefined
  /** Called once for all tokens: what the feed-forward adds to the stream. (tokens, hidden) */
  readonly onCombined?: ((combined: Float32Array) => void) | undefined
}
