/** What the dense half of a layer did to a batch of tokens. Sums over the batch. */
export interface AttentionSums {
  readonly tokens: number
  /** Sum of x_j^2 at the input of query, key and value. (hidden) */
  readonly input: Float32Array
  /** Sum of x_j^2 at the input of the attention output matrix. (heads * headSize) */
  readonly outputInput: Float32Array
  /** The same of what makes queries, and of what makes keys and values, where attention is latent. (rank) */
  readonly latentQuery: Float32Array | null
  readonly latent: Float32Array | null
  /** Sum of ||y||^2 of the block's output. */
  readonly power: number
}

/** What a feed-forward network that all tokens pass did to a batch: a dense layer's, or the shared expert. */
export interface CommonSums {
  readonly kind: 'dense' | 'shared'
  /** Sum of x_j^2 at the input of gate and up. (hidden) */
  readonly input: Float32Array
  /** Sum of h_j^2 at the input of down. (width) */
  readonly downInput: Float32Array
}

/** What one expert did to a batch of tokens routed to it. x: its input, h: the input of down, f: its output before the gate g. */
export interface ExpertSums {
  readonly expert: number
  /** Gates of the batch's tokens. (tokens) */
  readonly gates: Float32Array
  /** ||f||_2 of each token. (tokens) */
  readonly outputNorms: Float32Array
  /** Largest |f_i| of the batch. */
  readonly maxOutput: number
  /** Sums of x_j^2, then sums of g^2 x_j^2. (2, hidden) */
  readonly input: Float32Array
  /** Sums of h_j^2, then sums of g^2 h_j^2. (2, width) */
  readonly downInput: Float32Array
}

/** Sums of squared norms at the end of a layer, over all tokens. */
export interface LayerPower {
  /** Of the residual stream after the layer. */
  readonly residual: number
  /** Of what the feed-forward added: the experts' combined output, the shared one's, or the dense network's. */
  readonly experts: number
}

/** Watches one layer at work. Without an observer the layer computes nothing for it. */
export interface LayerObserver {
  attention(sums: AttentionSums): void
  /** Tokens routed to each expert, known before the experts run. */
  routed(tokensPerExpert: readonly number[]): void
  expert(sums: ExpertSums): void
  common(sums: CommonSums): void
  end(power: LayerPower): void
}
