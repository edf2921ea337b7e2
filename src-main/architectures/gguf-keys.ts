import { ExpectedError } from '../contract/errors.ts'
import type { GgufValue, ModelShape, RopeScaling } from './architecture.ts'
import { denseLayers, isDense, turningSize } from './shape.ts'

const u32 = (value: number): GgufValue => ({ type: 'u32', value })
const f32 = (value: number): GgufValue => ({ type: 'f32', value })
const bool = (value: boolean): GgufValue => ({ type: 'bool', value })
const text = (value: string): GgufValue => ({ type: 'string', value })

/** How llama.cpp's graph of a family wants to be told, and what it does without being told. */
export interface GgufRules {
  /** The rescaling of gates that is built in; null: it is read from the file. */
  readonly normalizes: boolean | null
  /** Whether the score of the router, the scale of the gates and their rescaling are read from the file. */
  readonly readsRouter: boolean
  /** How the shared expert's width is told: as so many experts, or in rows. */
  readonly shared?: 'count' | 'width' | 'both'
  /** Whether dense layers before the routed ones are known. */
  readonly denseLead?: boolean
  /** Whether windows are known; where not, they are refused when shorter than the context. */
  readonly windows?: boolean
  /** Whether `rope.dimension_count` must be there although whole heads turn. */
  readonly dimensionCount?: boolean
  /** Whether multipliers of embeddings, residuals, scores and logits are read. */
  readonly multipliers?: boolean
  /** Whether an expert's width is told as that of a dense layer. */
  readonly expertIsFeedForward?: boolean
  /** Other things the graph can't do. Throws through {@link refuseGguf}. */
  readonly guard?: (shape: ModelShape) => void
}

/** Throws ExpectedError 'config-key-unsupported' {key, value, where: 'gguf'}: llama.cpp can't run such a model. */
export function refuseGguf(key: string, value: unknown): never {
  throw new ExpectedError('config-key-unsupported', { key, value, where: 'gguf' })
}

/** The architecture keys of a GGUF header. Throws ExpectedError 'config-key-unsupported' where llama.cpp can't run the model. */
export function writeGgufKeys(name: string, shape: ModelShape, rules: GgufRules): ReadonlyMap<string, GgufValue> {
  checkLimits(shape, rules)
  const entries: (readonly [string, GgufValue])[] = [
    ...sizeKeys(shape, rules),
    ...attentionKeys(shape, rules),
    ...ropeKeys(shape, rules),
    ...expertKeys(shape, rules),
    ...multiplierKeys(shape, rules),
    ['vocab_size', u32(shape.vocabulary)],
  ]
  return new Map(entries.map(([key, value]) => [`${name}.${key}`, value]))
}

function checkLimits(shape: ModelShape, rules: GgufRules): void {
  const { traits, experts, layers } = shape
  if (experts > 0 && rules.normalizes !== null && rules.normalizes !== shape.normalizeGates)
    refuseGguf('norm_topk_prob', shape.normalizeGates)
  const dense = denseLayers(shape)
  const leading = Array.from({ length: dense }, (_, layer) => isDense(shape, layer)).every(Boolean)
  if (experts > 0 && dense > 0 && (!leading || rules.denseLead !== true))
    refuseGguf(
      'mlp_layer_types',
      traits.layers.map(({ feedForward }) => feedForward),
    )
  const windows = traits.layers.slice(0, layers).map(({ window }) => window)
  if (windows.some((window) => window !== null && window < shape.contextLength) && rules.windows !== true)
    refuseGguf(
      'sliding_window',
      windows.find((window) => window !== null),
    )
  if (!rules.multipliers && (traits.embeddingScale !== 1 || traits.residualScale !== 1 || traits.logitScale !== 1))
    refuseGguf('residual_multiplier', traits.residualScale)
  if (!rules.readsRouter && traits.router.scale !== 1) refuseGguf('routed_scaling_factor', traits.router.scale)
  if (traits.router.groups?.by === 'best') refuseGguf('topk_method', 'group_limited_greedy')
  if (traits.rope.scaling?.kind === 'yarn') checkYarn(traits.rope.scaling, traits.latent !== null)
  rules.guard?.(shape)
}

/**
 * llama.cpp makes cosines and sines grow with the factor, but those of latent attention, whose scores grow; and the build that comes with
 * Whittle blends from 32 turns to 1, whatever the file says.
 */
function checkYarn({ factor, attention, allDimensions, fast, slow }: RopeScaling & { readonly kind: 'yarn' }, latent: boolean): void {
  const expected = latent ? 1 : 1 + 0.1 * Math.log(factor)
  if (Math.abs(attention / expected - 1) > 1e-6 || latent !== allDimensions > 0) refuseGguf('rope_scaling', { attention, allDimensions })
  if (fast !== 32 || slow !== 1) refuseGguf('rope_scaling', { beta_fast: fast, beta_slow: slow })
}

function* sizeKeys(shape: ModelShape, rules: GgufRules): Generator<readonly [string, GgufValue]> {
  yield ['block_count', u32(shape.layers)]
  yield ['context_length', u32(shape.contextLength)]
  yield ['embedding_length', u32(shape.hidden)]
  // Without a dense layer, llama.cpp's own relation between the two widths is kept.
  const routed = rules.expertIsFeedForward === true ? shape.expertWidth : shape.expertWidth * shape.expertsPerToken
  yield ['feed_forward_length', u32(shape.traits.denseWidth > 0 ? shape.traits.denseWidth : routed)]
}

function* attentionKeys(shape: ModelShape, rules: GgufRules): Generator<readonly [string, GgufValue]> {
  const { latent, layers: kinds } = shape.traits
  yield ['attention.head_count', u32(shape.heads)]
  if (latent === null) {
    yield ['attention.head_count_kv', u32(shape.kvHeads)]
    yield ['attention.key_length', u32(shape.headSize)]
    yield ['attention.value_length', u32(shape.headSize)]
  } else {
    // What the cache holds is one key for all heads, and the values are a view of it.
    yield ['attention.head_count_kv', u32(1)]
    yield ['attention.key_length', u32(latent.rank + latent.turning)]
    yield ['attention.value_length', u32(latent.rank)]
    yield ['attention.key_length_mla', u32(shape.headSize)]
    yield ['attention.value_length_mla', u32(latent.value)]
    yield ['attention.kv_lora_rank', u32(latent.rank)]
    if (latent.queryRank !== null) yield ['attention.q_lora_rank', u32(latent.queryRank)]
  }
  yield ['attention.layer_norm_rms_epsilon', f32(shape.normEpsilon)]
  const window = kinds.find((kind) => kind.window !== null)?.window
  if (window !== undefined && window !== null && rules.windows === true) {
    yield ['attention.sliding_window', u32(window)]
    yield [
      'attention.sliding_window_pattern',
      { type: 'array', of: 'bool', value: kinds.slice(0, shape.layers).map((kind) => kind.window !== null) },
    ]
  }
}

function* ropeKeys(shape: ModelShape, rules: GgufRules): Generator<readonly [string, GgufValue]> {
  const { rope, latent } = shape.traits
  yield ['rope.freq_base', f32(shape.ropeBase)]
  if (rope.size !== null || latent !== null || rules.dimensionCount === true) yield ['rope.dimension_count', u32(turningSize(shape))]
  if (rope.sections !== null) yield ['rope.dimension_sections', { type: 'array', of: 'i32', value: rope.sections }]
  const { scaling } = rope
  if (scaling === null || scaling.kind === 'llama3' || scaling.kind === 'factors') return
  yield ['rope.scaling.type', text(scaling.kind)]
  yield ['rope.scaling.factor', f32(scaling.factor)]
  if (scaling.kind === 'linear') return
  yield ['rope.scaling.original_context_length', u32(scaling.original)]
  yield ['rope.scaling.yarn_beta_fast', f32(scaling.fast)]
  yield ['rope.scaling.yarn_beta_slow', f32(scaling.slow)]
  if (latent !== null) yield ['rope.scaling.yarn_log_multiplier', f32(0.1 * scaling.allDimensions)]
}

function* expertKeys(shape: ModelShape, rules: GgufRules): Generator<readonly [string, GgufValue]> {
  const { router, shared } = shape.traits
  if (shape.experts === 0) return
  yield ['expert_count', u32(shape.experts)]
  yield ['expert_used_count', u32(shape.expertsPerToken)]
  yield ['expert_feed_forward_length', u32(shape.expertWidth)]
  if (rules.denseLead === true) yield ['leading_dense_block_count', u32(denseLayers(shape))]
  if (shared !== null && rules.shared !== 'width') {
    if (shared.width % shape.expertWidth !== 0) refuseGguf('shared_expert_intermediate_size', shared.width)
    yield ['expert_shared_count', u32(shared.width / shape.expertWidth)]
  }
  if (shared !== null && rules.shared !== 'count') yield ['expert_shared_feed_forward_length', u32(shared.width)]
  if (!rules.readsRouter) return
  yield ['expert_gating_func', u32(router.score === 'softmax' ? 1 : 2)]
  yield ['expert_weights_scale', f32(router.scale)]
  yield ['expert_weights_norm', bool(shape.normalizeGates)]
  if (router.groups === null) return
  yield ['expert_group_count', u32(router.groups.count)]
  yield ['expert_group_used_count', u32(router.groups.kept)]
}

function* multiplierKeys({ traits }: ModelShape, rules: GgufRules): Generator<readonly [string, GgufValue]> {
  if (rules.multipliers !== true) return
  yield ['embedding_scale', f32(traits.embeddingScale)]
  yield ['residual_scale', f32(traits.residualScale)]
  yield ['logit_scale', f32(1 / traits.logitScale)]
  if (traits.softmaxScale !== null) yield ['attention.scale', f32(traits.softmaxScale)]
}
