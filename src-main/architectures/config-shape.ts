import type { LayerKind, ModelShape, Rope, Traits } from './architecture.ts'
import { invalid, unsupported, type ConfigReader } from './config-reader.ts'
import { readRope, type RopeConfig } from './rope-config.ts'
import { PLAIN_TRAITS } from './shape.ts'

/** Sizes larger than llama.cpp's own limits (512 layers, 1024 experts), or whose products would not be safe integers, are refused. */
const MOST = { layers: 512, hidden: 1 << 17, heads: 4096, experts: 1024, width: 1 << 20, vocabulary: 1 << 24, context: 2 ** 31 - 1 }

/** What a family has where its config is silent; a key without one must be there. */
export interface Usual {
  /** 'divided': hidden / heads. */
  readonly headSize?: number | 'divided'
  readonly ropeBase?: number
  readonly ropeShare?: number
  readonly epsilon?: number
  readonly tied?: boolean
  readonly normalize?: boolean
}

/** The numbers of a model, without its experts. */
type Base = Omit<ModelShape, 'traits' | 'experts' | 'expertsPerToken' | 'expertWidth' | 'normalizeGates'>
/** What all families' configs tell, and the rest of it to be filled in. */
export interface Common {
  readonly base: Base
  readonly rope: RopeConfig
}

/** Sizes, positions and norms, under the names nearly all families use. */
export function readCommon(config: ConfigReader, usual: Usual = {}): Common {
  config.only('hidden_act', 'silu')
  config.only('mlp_bias', false)
  config.only('pretraining_tp', 1)
  const hidden = config.count('hidden_size', MOST.hidden)
  const heads = config.count('num_attention_heads', MOST.heads)
  const kvHeads = config.count('num_key_value_heads', MOST.heads, usual.headSize === undefined ? undefined : heads)
  const contextLength = config.count('max_position_embeddings', MOST.context)
  const headSize = config.count('head_dim', MOST.heads, usual.headSize === 'divided' ? Math.floor(hidden / heads) : usual.headSize)
  if (heads % kvHeads !== 0) throw invalid('num_key_value_heads', { reason: 'uneven', other: 'num_attention_heads' })
  if (headSize % 2 !== 0) throw invalid('head_dim', { reason: 'odd-head' })
  const rope = readRope(config, contextLength, {
    ...(usual.ropeBase === undefined ? {} : { base: usual.ropeBase }),
    ...(usual.ropeShare === undefined ? {} : { share: usual.ropeShare }),
  })
  return {
    rope,
    base: {
      layers: config.count('num_hidden_layers', MOST.layers),
      hidden,
      heads,
      kvHeads,
      headSize,
      vocabulary: config.count('vocab_size', MOST.vocabulary),
      contextLength,
      ropeBase: rope.base,
      normEpsilon: epsilon(config, usual.epsilon),
      tiedEmbeddings: config.flag('tie_word_embeddings', usual.tied),
    },
  }
}

function epsilon(config: ConfigReader, fallback?: number): number {
  const value = config.positive('rms_norm_eps', fallback)
  if (value > 1) throw invalid('rms_norm_eps', { reason: 'exceeds', other: '1' })
  return value
}

/** The rope of whole or partly turning heads. */
export function ropeTraits({ rope, base }: Common, order: Pick<Rope, 'order' | 'permuted'> = { order: 'halves', permuted: false }): Rope {
  const size = Math.floor(base.headSize * rope.share)
  if (size < 2 || size % 2 !== 0) throw invalid('partial_rotary_factor', { reason: 'no-pairs' })
  return { ...order, size: size === base.headSize ? null : size, scaling: rope.scaling, sections: rope.sections }
}

/** What a config tells of routed experts. */
export interface Routed {
  readonly experts: number
  readonly expertsPerToken: number
  readonly expertWidth: number
  readonly normalizeGates: boolean
}

/**
 * Experts of every routed layer.
 * @param width the key that holds their width
 * @param normalize null: the family has no such key, always does
 */
export function readRouted(config: ConfigReader, width: string, normalize: boolean | null | undefined): Routed {
  const experts = config.count(['num_experts', 'num_local_experts', 'n_routed_experts'], MOST.experts)
  const expertsPerToken = config.count(['num_experts_per_tok', 'num_experts_per_token'], MOST.experts)
  if (expertsPerToken > experts) throw invalid('num_experts_per_tok', { reason: 'exceeds', other: 'num_experts' })
  if (normalize === null) config.only('norm_topk_prob', true)
  return {
    experts,
    expertsPerToken,
    expertWidth: config.count(width, MOST.width),
    normalizeGates: normalize === null ? true : config.flag('norm_topk_prob', normalize),
  }
}

/** A model without experts. */
export const NO_EXPERTS: Routed = { experts: 0, expertsPerToken: 0, expertWidth: 0, normalizeGates: false }

/** A width of `key`: of dense layers, of a shared expert. */
export function readWidth(config: ConfigReader, key: string): number {
  return config.count(key, MOST.width)
}

/** Layers behind the last that predict later tokens. */
export function readLaterLayers(config: ConfigReader): number {
  return config.countOrNone('num_nextn_predict_layers', MOST.layers)
}

/** Which layers are dense, however the config says it: a leading number, a list of kinds, numbers of layers or a step. */
export function readFeedForwards(config: ConfigReader, layers: number, leading = 0): ('dense' | 'routed')[] {
  const lead = config.has('first_k_dense_replace') ? config.countOrNone('first_k_dense_replace', layers) : leading
  const kinds = config.list('mlp_layer_types')
  const only = config.list('mlp_only_layers') ?? []
  const step = config.count('decoder_sparse_step', MOST.layers, 1)
  config.only('moe_layer_freq', 1)
  if (kinds !== null && (kinds.length !== layers || kinds.some((kind) => kind !== 'dense' && kind !== 'sparse')))
    throw unsupported('mlp_layer_types', kinds)
  const found = Array.from({ length: layers }, (_, layer) => {
    if (kinds !== null) return kinds[layer] === 'dense' ? 'dense' : 'routed'
    return layer < lead || only.includes(layer) || (layer + 1) % step !== 0 ? 'dense' : 'routed'
  })
  if (!found.includes('routed')) throw invalid(kinds === null ? 'first_k_dense_replace' : 'mlp_layer_types', { reason: 'all-dense' })
  return found
}

/** The window of each layer: of those `layer_types` calls sliding, or of all where it is silent and the family slides. */
export function readLayerWindows(config: ConfigReader, layers: number, silent: 'full' | 'sliding' = 'full'): (number | null)[] {
  const kinds = config.list('layer_types')
  const window = config.countOrNone('sliding_window', MOST.context)
  const known = ['full_attention', 'sliding_attention']
  if (kinds !== null && (kinds.length !== layers || kinds.some((kind) => !known.includes(kind as string))))
    throw unsupported('layer_types', kinds)
  const slides = (layer: number): boolean => (kinds === null ? silent === 'sliding' : kinds[layer] === 'sliding_attention')
  if (kinds?.includes('sliding_attention') === true && window === 0) throw invalid('sliding_window', { reason: 'absent' })
  return Array.from({ length: layers }, (_, layer) => (slides(layer) && window > 0 ? window : null))
}

/**
 * The kinds of all layers; an empty list where they are what a layer is anyway.
 * @param feedForwards of each layer, or of all
 * @param windows of each layer; none by default
 */
export function layerKinds(
  feedForwards: LayerKind['feedForward'] | readonly LayerKind['feedForward'][],
  windows: readonly (number | null)[] = [],
  rope: (window: number | null) => LayerKind['rope'] = () => 'usual',
): LayerKind[] {
  const each = typeof feedForwards === 'string' ? windows.map(() => feedForwards) : feedForwards
  const kinds = each.map((feedForward, layer): LayerKind => {
    const window = windows[layer] ?? null
    return { feedForward, window, rope: rope(window) }
  })
  const plain = kinds.every((kind) => kind.feedForward === kinds[0]?.feedForward && kind.window === null && kind.rope === 'usual')
  return plain ? [] : kinds
}

/** The shape from its pieces; `traits` names what differs from Qwen3's. */
export function shapeOf({ base }: Common, routed: Routed, traits: Partial<Traits>): ModelShape {
  return { ...base, ...routed, traits: { ...PLAIN_TRAITS, ...traits } }
}
