/** How rotary frequencies are stretched beyond the context a model was first trained on. */
export type RopeScaling =
  /** Each pair has a factor its frequency is divided by, in the tensor `ropeFactors`. */
  | { readonly kind: 'factors' }
  | { readonly kind: 'linear'; readonly factor: number }
  | { readonly kind: 'llama3'; readonly factor: number; readonly low: number; readonly high: number; readonly original: number }
  | {
      readonly kind: 'yarn'
      readonly factor: number
      /** Context before stretching, in tokens. */
      readonly original: number
      readonly fast: number
      readonly slow: number
      /** What cosines and sines are multiplied by. */
      readonly attention: number
      /** DeepSeek's `mscale_all_dim`: the softmax scale grows by (1 + 0.1 this ln factor)^2; 0: it does not. */
      readonly allDimensions: number
    }

/** Rotary positions. */
export interface Rope {
  /** Which elements of a head turn together: i and i + size / 2, or 2 i and 2 i + 1. As llama.cpp wants it, also for checkpoints. */
  readonly order: 'halves' | 'pairs'
  /** The checkpoint's rows of queries and keys lie in halves although `order` is pairs: they are permuted as they are read. */
  readonly permuted: boolean
  /** Elements of a head that turn, from the first on; null: the whole head. */
  readonly size: number | null
  readonly scaling: RopeScaling | null
  /** Whether each element has a time, a height and a width to turn by, which for text are all the same (`rope.dimension_sections`). */
  readonly sections: readonly number[] | null
}

/** How a router's logits z become experts and their gates: p = score(z); the k largest of p + bias; gates = p, rescaled, times scale. */
export interface Router {
  readonly score: 'softmax' | 'sigmoid'
  /** Whether a correction bias takes part in the choice (and not in the gates). */
  readonly bias: boolean
  /** Experts are chosen from the `kept` best of `count` groups; a group counts as its two best experts together, or as its best. */
  readonly groups: { readonly count: number; readonly kept: number; readonly by: 'two-best' | 'best' } | null
  /** What all gates are multiplied by in the end. */
  readonly scale: number
}

/** Attention whose keys and values come from one narrow vector a token (multi-head latent attention). Sizes are per head but for ranks. */
export interface LatentAttention {
  /** Width of the vector queries are made from; null: they are made from the stream. */
  readonly queryRank: number | null
  /** Width of the vector keys and values are made from: what the cache holds beside the turning part of the key. */
  readonly rank: number
  /** Elements of a query or key that do not turn. */
  readonly plain: number
  /** Elements that turn; the key's are shared by all heads. */
  readonly turning: number
  readonly value: number
}

/** What may differ from layer to layer. */
export interface LayerKind {
  readonly feedForward: 'dense' | 'routed'
  /** Tokens a query sees, itself included; null: all before it. */
  readonly window: number | null
  /** 'unscaled': turns, without the model's stretching. */
  readonly rope: 'usual' | 'unscaled' | 'none'
}

/** What a layer is made of, beyond its sizes. */
export interface Traits {
  /** RMS norm of queries and keys: none, over each head, or over all heads together. */
  readonly queryKeyNorm: 'none' | 'head' | 'all-heads'
  /** Biases of query, key and value; of the attention output. */
  readonly attentionBias: boolean
  readonly outputBias: boolean
  /** What scores are multiplied by; null: 1 / sqrt(headSize). */
  readonly softmaxScale: number | null
  /** Null: keys and values have matrices of their own. */
  readonly latent: LatentAttention | null
  readonly rope: Rope
  readonly router: Router
  /** An expert every token passes, `width` rows wide; `gated`: times sigmoid of a product with the token. */
  readonly shared: { readonly width: number; readonly gated: boolean } | null
  /** Rows of the gate and up matrices of dense layers; 0 where there are none. */
  readonly denseWidth: number
  /** One for each layer; empty: all are alike, routed where the model has experts, with no window. */
  readonly layers: readonly LayerKind[]
  /** Layers a checkpoint has behind the last, which predict later tokens: they are left out. */
  readonly laterLayers: number
  /** Multipliers of the embeddings, of what each block adds to the stream, and of the logits. */
  readonly embeddingScale: number
  readonly residualScale: number
  readonly logitScale: number
}

/** The numbers that fix a model's shape. Sizes count elements; rates and bases are as in the config. */
export interface ModelShape {
  readonly layers: number
  readonly hidden: number
  readonly heads: number
  readonly kvHeads: number
  /** Elements of a query and key of one head; of a value too, where attention is not latent. */
  readonly headSize: number
  /** Experts of each routed layer; 0: the model has none. */
  readonly experts: number
  readonly expertsPerToken: number
  /** Rows of an expert's gate and up matrices. */
  readonly expertWidth: number
  readonly vocabulary: number
  readonly contextLength: number
  readonly ropeBase: number
  readonly normEpsilon: number
  /** Whether the k chosen gates are rescaled to sum 1. */
  readonly normalizeGates: boolean
  /** Whether the output matrix is the token embedding itself. */
  readonly tiedEmbeddings: boolean
  readonly traits: Traits
}

/** What a tensor does in a layer. `expert*` roles exist once per expert in a checkpoint and once per layer (stacked) in GGUF. */
export type LayerRole =
  | 'attentionNorm'
  | 'query'
  | 'key'
  | 'value'
  | 'queryBias'
  | 'keyBias'
  | 'valueBias'
  | 'queryA'
  | 'queryANorm'
  | 'queryB'
  | 'kvA'
  | 'kvANorm'
  | 'kvB'
  | 'keyB'
  | 'valueB'
  | 'attentionOutput'
  | 'outputBias'
  | 'queryNorm'
  | 'keyNorm'
  | 'expertNorm'
  | 'ffnGate'
  | 'ffnUp'
  | 'ffnDown'
  | 'router'
  | 'routerBias'
  | 'expertGate'
  | 'expertUp'
  | 'expertDown'
  | 'sharedRouter'
  | 'sharedGate'
  | 'sharedUp'
  | 'sharedDown'

/** What a tensor outside the layers does. `ropeFactors` is made from config.json: no checkpoint holds it. */
export type ModelRole = 'embedding' | 'outputNorm' | 'output' | 'ropeFactors'

/** The number types of GGUF metadata. 64-bit values are held as safe integers; larger ones are refused. */
export type GgufNumberType = 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'f32' | 'u64' | 'i64' | 'f64'

/** A value of GGUF metadata, with the type it is written as. */
export type GgufValue =
  | { type: GgufNumberType; value: number }
  | { type: 'bool'; value: boolean }
  | { type: 'string'; value: string }
  | { type: 'array'; of: 'string'; value: readonly string[] }
  | { type: 'array'; of: 'bool'; value: readonly boolean[] }
  | { type: 'array'; of: GgufNumberType; value: ArrayLike<number> }

/** What a GGUF header and its list of tensors tell of a model's shape. */
export interface GgufFacts {
  readonly metadata: ReadonlyMap<string, GgufValue>
  /** Shapes of the file's tensors, in PyTorch order. */
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>
}

/** One family of models: everything the reader, the forward graph and both writers need to know about it, as data. */
export interface Architecture {
  /** `model_type` of config.json, e.g. 'qwen3_moe'. */
  readonly id: string
  readonly title: string
  /** `general.architecture` in GGUF. Several families may share one. */
  readonly ggufName: string
  /**
   * Reads config.json (already parsed JSON). Throws ExpectedError 'config-invalid' or 'config-key-unsupported' on an unknown, missing or
   * unsupported key: nothing is guessed.
   */
  readShape(config: Readonly<Record<string, unknown>>): ModelShape
  /** Where the family's checkpoints name a role otherwise than most: `{expert}` stands for its number. In a layer, without its prefix. */
  readonly checkpointNames: Readonly<Partial<Record<LayerRole, string>>>
  /** The same for GGUF. */
  readonly ggufNames: Readonly<Partial<Record<LayerRole, string>>>
  /** Whether Whittle writes safetensors folders of this family that transformers loads. */
  readonly folders: boolean
  /**
   * Architecture keys of the GGUF header (without general.* and tokenizer.*), for a model of `shape`.
   * Throws ExpectedError 'config-key-unsupported' with `where: 'gguf'` when llama.cpp cannot run such a model.
   */
  ggufMetadata(shape: ModelShape): ReadonlyMap<string, GgufValue>
  /** Whether a GGUF file of `ggufName` is of this family rather than of another that shares the name. */
  ownsGguf(facts: GgufFacts): boolean
  /** The inverse: the shape a GGUF file tells. Throws ExpectedError 'gguf-invalid'. */
  shapeFromGguf(facts: GgufFacts): ModelShape
}
