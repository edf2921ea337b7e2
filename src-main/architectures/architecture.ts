import type { GgmlTypeName } from '../tensor/ggml-type.ts'

/** The numbers that fix a model's shape. Sizes count elements; rates and bases are as in the config. */
export interface ModelShape {
  readonly layers: number
  readonly hidden: number
  readonly heads: number
  readonly kvHeads: number
  readonly headSize: number
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
}

/** What a tensor does in a layer. `expert*` roles exist once per expert in a checkpoint and once per layer (stacked) in GGUF. */
export type LayerRole =
  | 'attentionNorm'
  | 'query'
  | 'key'
  | 'value'
  | 'attentionOutput'
  | 'queryNorm'
  | 'keyNorm'
  | 'expertNorm'
  | 'router'
  | 'expertGate'
  | 'expertUp'
  | 'expertDown'

/** What a tensor outside the layers does. */
export type ModelRole = 'embedding' | 'outputNorm' | 'output'

/** Names of one role: `{layer}` and `{expert}` stand for their numbers. */
export interface RoleNames {
  /** The tensor's name in the safetensors checkpoint. */
  readonly checkpoint: string
  /** Its name in GGUF, experts stacked. */
  readonly gguf: string
}

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

/** One family of models: everything the reader, the forward graph and both writers need to know about it, as data. */
export interface Architecture {
  /** `model_type` of config.json, e.g. 'qwen3_moe'. */
  readonly id: string
  readonly title: string
  /** `general.architecture` in GGUF. */
  readonly ggufName: string
  /**
   * Reads config.json (already parsed JSON). Throws ExpectedError 'config-invalid' or 'config-key-unsupported' on an unknown, missing or
   * unsupported key: nothing is guessed.
   */
  readShape(config: Readonly<Record<string, unknown>>): ModelShape
  /** The inverse, for test checkpoints and GGUF sources: a config.json that `readShape` reads as `shape`. */
  writeConfig(shape: ModelShape): Record<string, unknown>
  readonly layerRoles: Readonly<Record<LayerRole, RoleNames>>
  readonly modelRoles: Readonly<Record<ModelRole, RoleNames>>
  /** Shape of one tensor of a role as the checkpoint stores it (one expert for expert roles). */
  roleShape(role: LayerRole | ModelRole, shape: ModelShape): readonly number[]
  /** Roles that are always written as F32: norms and the router. */
  readonly keptInF32: readonly (LayerRole | ModelRole)[]
  /**
   * Architecture keys of the GGUF header (without general.* and tokenizer.*), for a model of `shape`.
   * Throws ExpectedError 'config-key-unsupported' with `where: 'gguf'` when llama.cpp cannot run such a model.
   */
  ggufMetadata(shape: ModelShape): ReadonlyMap<string, GgufValue>
  /**
   * The inverse: the shape told by a GGUF header's architecture keys. Throws ExpectedError 'gguf-invalid'.
   * Whether the embeddings are tied is told by the tensors, not the header: the caller corrects `tiedEmbeddings`, here always true.
   */
  shapeFromGguf(metadata: ReadonlyMap<string, GgufValue>): ModelShape
  /** Types that must never be chosen for a role, e.g. none for most; used by the planner. */
  readonly forbiddenTypes?: Partial<Record<LayerRole | ModelRole, readonly GgmlTypeName[]>>
}
