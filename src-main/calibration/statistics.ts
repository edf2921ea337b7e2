/**
 * What calibration measures, per layer. Sums run over calibration tokens; means are left to whoever divides.
 * Everything here is what allocation and the encoders read; see methods-related "statistics collector" P1.
 */

/** Per expert of one layer. Arrays are (experts) or (experts, columns), row-major, float64 sums kept as Float64Array. */
export interface ExpertStatistics {
  /** n_e: tokens routed to the expert. (experts) */
  readonly tokens: Float64Array
  /** Sum of the final gate weights of those tokens. (experts) */
  readonly gateSum: Float64Array
  /** Largest |f_e(x)| element of the expert's output before its gate. (experts) */
  readonly maxOutput: Float64Array
  /** Sum of ||f_e(x)||_2 before its gate. (experts) */
  readonly outputNormSum: Float64Array
  /** Sum of g ||f_e(x)||_2: the numerator of router-weighted saliency. (experts) */
  readonly gatedOutputNormSum: Float64Array
  /** Sum of x_j^2 of the inputs of gate and up. (experts, hidden) */
  readonly input: Float64Array
  /** Sum of g^2 x_j^2 of the same inputs: the exact weight of an error in the layer's output. (experts, hidden) */
  readonly gatedInput: Float64Array
  /** Sum of h_j^2 of the inputs of down. (experts, width) */
  readonly downInput: Float64Array
  /** Sum of g^2 h_j^2 of the same. (experts, width) */
  readonly gatedDownInput: Float64Array
}

/** One layer: its experts and the inputs of its dense matrices. */
export interface LayerStatistics {
  readonly layer: number
  readonly experts: ExpertStatistics
  /** Tokens seen by the dense matrices. */
  readonly tokens: number
  /** Sum of x_j^2 at the input of query, key and value. (hidden) */
  readonly attentionInput: Float64Array
  /** Sum of x_j^2 at the input of the attention output matrix. (heads * headSize) */
  readonly attentionOutputInput: Float64Array
  /** The same of the matrices only some layers have, by what flows into them; empty where nothing does. (its width) */
  readonly latentQueryInput: Float64Array
  readonly latentInput: Float64Array
  /** Input of the gate and up matrices all tokens pass, of a dense layer or the shared expert. (hidden) */
  readonly commonInput: Float64Array
  /** Input of their down matrix. (denseWidth or the shared width) */
  readonly commonDownInput: Float64Array
  /** Mean ||.||^2 per token of: the residual stream after the layer, the attention block's output, the feed-forward's output. */
  readonly residualPower: number
  readonly attentionPower: number
  readonly expertsPower: number
}

/** The whole model. */
export interface ModelStatistics {
  readonly layers: readonly LayerStatistics[]
  /** Tokens seen. */
  readonly tokens: number
  /** Sum of x_j^2 at the input of the output matrix (after the last norm). (hidden) */
  readonly outputInput: Float64Array
  /** How often each token id was read: the weight of its embedding row. (vocabulary) */
  readonly tokenCounts: Float64Array
}
