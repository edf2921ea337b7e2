import * as z from 'zod'
import { ExpectedError } from '../contract/errors.ts'
import type { ModelShape } from './architecture.ts'

const count = (largest: number) => z.int().min(1).max(largest)

/**
 * The keys that fix the model, with the largest values llama.cpp and plain arithmetic allow: 512 layers and 1024 experts are
 * llama.cpp's own limits, the rest keeps every product of two sizes a safe integer.
 */
const ShapeKeys = z.object({
  num_hidden_layers: count(512),
  hidden_size: count(1 << 17),
  num_attention_heads: count(4096),
  num_key_value_heads: count(4096),
  head_dim: count(4096),
  num_experts: count(1024),
  num_experts_per_tok: count(1024),
  moe_intermediate_size: count(1 << 20),
  vocab_size: count(1 << 24),
  max_position_embeddings: count(2 ** 31 - 1),
  rope_theta: z.number().positive(),
  rms_norm_eps: z.number().positive().max(1),
  norm_topk_prob: z.boolean(),
  tie_word_embeddings: z.boolean(),
})

/** Keys that may only hold these values: anything else changes the arithmetic in a way that is not implemented. */
const ONLY: Readonly<Record<string, readonly unknown[]>> = {
  hidden_act: ['silu'],
  decoder_sparse_step: [1],
  attention_bias: [false],
  use_sliding_window: [false],
  rope_scaling: [null],
}

/** Keys that say nothing about the arithmetic of inference. */
const IGNORED: ReadonlySet<string> = new Set([
  'model_type',
  'architectures',
  'transformers_version',
  '_name_or_path',
  'torch_dtype',
  'dtype',
  'use_cache',
  'initializer_range',
  'attention_dropout',
  'bos_token_id',
  'eos_token_id',
  'pad_token_id',
  'output_router_logits',
  'router_aux_loss_coef',
  // The width of dense layers, of which there are none, and windows, which are off (checked above).
  'intermediate_size',
  'sliding_window',
  'max_window_layers',
])

/** Reads a qwen3_moe config.json. Throws ExpectedError 'config-key-unsupported' {key, value} or 'config-invalid' {key, problem}. */
export function readQwen3MoeConfig(config: Readonly<Record<string, unknown>>): ModelShape {
  const keys = new Map(Object.entries(config))
  unfoldRopeParameters(keys)
  unfoldExpertAlias(keys)
  refuseDenseLayers(keys)
  for (const [key, value] of keys) {
    const allowed = Object.hasOwn(ONLY, key) ? ONLY[key] : undefined
    const known = IGNORED.has(key) || Object.hasOwn(ShapeKeys.shape, key)
    if (allowed !== undefined ? !allowed.includes(value) : !known) throw new ExpectedError('config-key-unsupported', { key, value })
  }
  const parsed = ShapeKeys.safeParse(Object.fromEntries(keys))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new ExpectedError('config-invalid', { key: issue?.path.join('.') ?? '', problem: issue?.message ?? '' })
  }
  return consistentShape(parsed.data)
}

/** Transformers 5 keeps the rotary base in `rope_parameters`; moves it to where earlier versions had it. */
function unfoldRopeParameters(keys: Map<string, unknown>): void {
  const parameters = keys.get('rope_parameters')
  keys.delete('rope_parameters')
  if (parameters === undefined || parameters === null) return
  const parsed = z.strictObject({ rope_theta: z.number(), rope_type: z.literal('default').optional() }).safeParse(parameters)
  if (!parsed.success) throw new ExpectedError('config-key-unsupported', { key: 'rope_parameters', value: parameters })
  const base = parsed.data.rope_theta
  if (keys.has('rope_theta') && keys.get('rope_theta') !== base) {
    throw new ExpectedError('config-invalid', { key: 'rope_theta', problem: 'differs from rope_parameters.rope_theta' })
  }
  keys.set('rope_theta', base)
}

/** Transformers 5 may call the number of experts `num_local_experts`. */
function unfoldExpertAlias(keys: Map<string, unknown>): void {
  const alias = keys.get('num_local_experts')
  keys.delete('num_local_experts')
  if (alias === undefined) return
  if (keys.has('num_experts') && keys.get('num_experts') !== alias) {
    throw new ExpectedError('config-invalid', { key: 'num_experts', problem: 'differs from num_local_experts' })
  }
  keys.set('num_experts', alias)
}

/** `mlp_only_layers` and `layer_types` may be present as long as they say that every layer is alike. */
function refuseDenseLayers(keys: Map<string, unknown>): void {
  const isEmpty = (value: unknown) => value === null || (Array.isArray(value) && value.length === 0)
  const isFull = (value: unknown) => value === null || (Array.isArray(value) && value.every((kind) => kind === 'full_attention'))
  for (const [key, accepts] of [
    ['mlp_only_layers', isEmpty],
    ['layer_types', isFull],
  ] as const) {
    const value = keys.get(key)
    keys.delete(key)
    if (value !== undefined && !accepts(value)) throw new ExpectedError('config-key-unsupported', { key, value })
  }
}

function consistentShape(keys: z.infer<typeof ShapeKeys>): ModelShape {
  const refuse = (key: string, problem: string) => new ExpectedError('config-invalid', { key, problem })
  if (keys.num_experts_per_tok > keys.num_experts) throw refuse('num_experts_per_tok', 'is more than num_experts')
  if (keys.num_attention_heads % keys.num_key_value_heads !== 0) throw refuse('num_key_value_heads', 'does not divide num_attention_heads')
  if (keys.head_dim % 2 !== 0) throw refuse('head_dim', 'is odd, so positions cannot rotate pairs')
  return {
    layers: keys.num_hidden_layers,
    hidden: keys.hidden_size,
    heads: keys.num_attention_heads,
    kvHeads: keys.num_key_value_heads,
    headSize: keys.head_dim,
    experts: keys.num_experts,
    expertsPerToken: keys.num_experts_per_tok,
    expertWidth: keys.moe_intermediate_size,
    vocabulary: keys.vocab_size,
    contextLength: keys.max_position_embeddings,
    ropeBase: keys.rope_theta,
    normEpsilon: keys.rms_norm_eps,
    normalizeGates: keys.norm_topk_prob,
    tiedEmbeddings: keys.tie_word_embeddings,
  }
}

/** The inverse: a config.json that reads as `shape`, with the keys Hugging Face transformers needs to load it. */
export function writeQwen3MoeConfig(shape: ModelShape): Record<string, unknown> {
  return {
    architectures: ['Qwen3MoeForCausalLM'],
    model_type: 'qwen3_moe',
    attention_bias: false,
    attention_dropout: 0,
    decoder_sparse_step: 1,
    mlp_only_layers: [],
    hidden_act: 'silu',
    use_sliding_window: false,
    rope_scaling: null,
    num_hidden_layers: shape.layers,
    hidden_size: shape.hidden,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.kvHeads,
    head_dim: shape.headSize,
    num_experts: shape.experts,
    num_experts_per_tok: shape.expertsPerToken,
    moe_intermediate_size: shape.expertWidth,
    intermediate_size: shape.expertWidth * shape.expertsPerToken,
    vocab_size: shape.vocabulary,
    max_position_embeddings: shape.contextLength,
    rope_theta: shape.ropeBase,
    rms_norm_eps: shape.normEpsilon,
    norm_topk_prob: shape.normalizeGates,
    tie_word_embeddings: shape.tiedEmbeddings,
  }
}
