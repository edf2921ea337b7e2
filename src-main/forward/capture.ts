import type { Routing } from './routing.ts'

/** What the dense half of a layer hands to the experts: the router's and the experts' input, and who goes where (after pruning, if any). */
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
  /** Called once for all tokens: the gated sum of the experts' outputs. (tokens, hidden) */
  readonly onCombined?: ((combined: Float32Array) => void) | undefined
}
