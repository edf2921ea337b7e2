import type { FamilyReason } from '../contract/error-details.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { Because } from '../contract/reasons.ts'
import type { Architecture, GgufFacts, LayerKind, ModelShape, Rope, RopeScaling, Traits } from './architecture.ts'
import type { GgufRules } from './gguf-keys.ts'
import { layerName, modelName } from './parts.ts'
import { PLAIN_TRAITS } from './shape.ts'

/** What a file does not say because llama.cpp's graph of the family knows it. */
export interface GgufFamily extends Pick<Architecture, 'ggufName' | 'ggufNames'> {
  readonly rules: GgufRules
  readonly rope: Pick<Rope, 'order' | 'permuted'>
  readonly score: Traits['router']['score']
  /** Rope of a layer by its window, where that differs. */
  readonly ropeOf?: (window: number | null) => LayerKind['rope']
}

/** Reads a header's architecture keys. Throws ExpectedError 'gguf-invalid' {key, reason}. */
class KeyReader {
  readonly #name: string
  readonly #facts: GgufFacts

  constructor(name: string, facts: GgufFacts) {
    this.#name = name
    this.#facts = facts
  }

  has(key: string): boolean {
    return this.#facts.metadata.has(`${this.#name}.${key}`)
  }

  count(key: string, largest: number, smallest = 1): number {
    const full = `${this.#name}.${key}`
    const found = this.#facts.metadata.get(full)
    if (found === undefined) throw invalid(full, { reason: 'absent' })
    const isWhole =
      (found.type === 'u32' || found.type === 'i32' || found.type === 'u64') && found.value >= smallest && found.value <= largest
    if (!isWhole) throw invalid(full, { reason: 'no-count', least: smallest, most: largest })
    return found.value
  }

  positive(key: string, fallback?: number): number {
    const full = `${this.#name}.${key}`
    const found = this.#facts.metadata.get(full)
    if (found === undefined && fallback !== undefined) return fallback
    if (found?.type !== 'f32' || !(found.value > 0) || !Number.isFinite(found.value))
      throw invalid(full, { reason: found === undefined ? 'absent' : 'not-positive' })
    return found.value
  }

  flag(key: string, fallback: boolean): boolean {
    const found = this.#facts.metadata.get(`${this.#name}.${key}`)
    return found?.type === 'bool' ? found.value : fallback
  }

  text(key: string): string | null {
    const found = this.#facts.metadata.get(`${this.#name}.${key}`)
    return found?.type === 'string' ? found.value : null
  }

  flags(key: string): readonly boolean[] | null {
    const found = this.#facts.metadata.get(`${this.#name}.${key}`)
    return found?.type === 'array' && found.of === 'bool' ? (found.value as readonly boolean[]) : null
  }

  numbers(key: string): readonly number[] | null {
    const found = this.#facts.metadata.get(`${this.#name}.${key}`)
    if (found?.type !== 'array' || found.of === 'string' || found.of === 'bool') return null
    return Array.from(found.value as ArrayLike<number>)
  }

  /** The key Whittle writes, or the length of the token list where another program wrote the file. */
  vocabulary(): number {
    const tokens = this.#facts.metadata.get('tokenizer.ggml.tokens')
    if (!this.has('vocab_size') && tokens?.type === 'array' && tokens.value.length > 0) return tokens.value.length
    return this.count('vocab_size', 1 << 24)
  }
}

/** The shape a file of a family tells, by its keys and by the tensors it holds. Throws ExpectedError 'gguf-invalid' {key, reason}. */
export function readGgufShape(family: GgufFamily, facts: GgufFacts): ModelShape {
  const { ggufName } = family
  const keys = new KeyReader(ggufName, facts)
  const layers = keys.count('block_count', 512)
  const heads = keys.count('attention.head_count', 4096)
  const latent = readLatent(keys)
  const headSize = latent === null ? keys.count('attention.key_length', 4096) : latent.plain + latent.turning
  if (latent === null && keys.count('attention.value_length', 4096) !== headSize)
    throw invalid(`${ggufName}.attention.value_length`, { reason: 'differs', other: 'key_length' })
  const routed = keys.has('expert_count')
  const experts = routed ? keys.count('expert_count', 1024) : 0
  const expertWidth = routed
    ? keys.count(keys.has('expert_feed_forward_length') ? 'expert_feed_forward_length' : 'feed_forward_length', 1 << 20)
    : 0
  const sizes = {
    layers,
    hidden: keys.count('embedding_length', 1 << 17),
    heads,
    kvHeads: latent === null ? keys.count('attention.head_count_kv', 4096) : heads,
    headSize,
    experts,
    expertsPerToken: routed ? keys.count('expert_used_count', 1024) : 0,
    expertWidth,
    vocabulary: keys.vocabulary(),
    contextLength: keys.count('context_length', 2 ** 31 - 1),
    ropeBase: keys.positive('rope.freq_base'),
    normEpsilon: keys.positive('attention.layer_norm_rms_epsilon'),
    normalizeGates: routed && (family.rules.normalizes ?? keys.flag('expert_weights_norm', false)),
    tiedEmbeddings: !facts.tensors.has(modelName('gguf', 'output')),
  }
  if (sizes.expertsPerToken > sizes.experts) throw invalid(`${ggufName}.expert_used_count`, { reason: 'exceeds', other: 'expert_count' })
  if (heads % sizes.kvHeads !== 0) throw invalid(`${ggufName}.attention.head_count_kv`, { reason: 'uneven', other: 'head_count' })
  return { ...sizes, traits: readTraits(family, facts, keys, { ...sizes, latent }) }
}

function readLatent(keys: KeyReader): Traits['latent'] {
  if (!keys.has('attention.kv_lora_rank')) return null
  const turning = keys.count('rope.dimension_count', 4096)
  return {
    queryRank: keys.has('attention.q_lora_rank') ? keys.count('attention.q_lora_rank', 1 << 17) : null,
    rank: keys.count('attention.kv_lora_rank', 1 << 17),
    plain: keys.count('attention.key_length_mla', 8192) - turning,
    turning,
    value: keys.count('attention.value_length_mla', 4096),
  }
}

type Sizes = Pick<ModelShape, 'layers' | 'headSize' | 'experts' | 'expertWidth'> & Pick<Traits, 'latent'>

function readTraits(family: GgufFamily, { tensors }: GgufFacts, keys: KeyReader, sizes: Sizes): Traits {
  const { layers, headSize, experts, expertWidth, latent } = sizes
  const lead =
    family.rules.denseLead === true && experts > 0 && keys.has('leading_dense_block_count')
      ? keys.count('leading_dense_block_count', layers, 0)
      : 0
  const tensor = (role: Parameters<typeof layerName>[2], layer: number) =>
    tensors.get(layerName({ checkpointNames: {}, ggufNames: family.ggufNames }, 'gguf', role, layer))
  const queryNorm = tensor('queryNorm', 0)?.shape.at(-1)
  const dense = experts === 0 || lead > 0
  const last = layers - 1
  const turning = keys.has('rope.dimension_count') ? keys.count('rope.dimension_count', 4096) : headSize
  return {
    queryKeyNorm: queryNorm === undefined ? 'none' : queryNorm === headSize ? 'head' : 'all-heads',
    attentionBias: tensor('queryBias', 0) !== undefined,
    outputBias: tensor('outputBias', 0) !== undefined,
    softmaxScale: family.rules.multipliers === true && keys.has('attention.scale') ? keys.positive('attention.scale') : null,
    latent,
    rope: {
      ...family.rope,
      size: latent !== null || turning === headSize ? null : turning,
      scaling: readScaling(keys, tensors.has(modelName('gguf', 'ropeFactors'))),
      sections: keys.numbers('rope.dimension_sections'),
    },
    router: readRouter(family, keys, tensor('routerBias', last) !== undefined),
    shared:
      experts > 0 && tensor('sharedGate', last) !== undefined
        ? { width: sharedWidth(keys, expertWidth), gated: tensor('sharedRouter', last) !== undefined }
        : null,
    denseWidth: dense ? keys.count('feed_forward_length', 1 << 20) : 0,
    layers: readKinds(family, keys, layers, experts > 0, lead),
    laterLayers: 0,
    embeddingScale: family.rules.multipliers === true ? keys.positive('embedding_scale', 1) : 1,
    residualScale: family.rules.multipliers === true ? keys.positive('residual_scale', 1) : 1,
    logitScale: family.rules.multipliers === true ? 1 / keys.positive('logit_scale', 1) : 1,
  }
}

function sharedWidth(keys: KeyReader, expertWidth: number): number {
  if (keys.has('expert_shared_feed_forward_length')) return keys.count('expert_shared_feed_forward_length', 1 << 20)
  return keys.count('expert_shared_count', 1024) * expertWidth
}

function readRouter({ rules, score }: GgufFamily, keys: KeyReader, bias: boolean): Traits['router'] {
  if (!rules.readsRouter) return { ...PLAIN_TRAITS.router, score, bias }
  const gating = keys.has('expert_gating_func') ? keys.count('expert_gating_func', 2) : score === 'softmax' ? 1 : 2
  const count = keys.has('expert_group_count') ? keys.count('expert_group_count', 1024, 0) : 1
  return {
    score: gating === 1 ? 'softmax' : 'sigmoid',
    bias,
    groups: count > 1 ? { count, kept: keys.count('expert_group_used_count', count), by: 'two-best' } : null,
    scale: keys.positive('expert_weights_scale', 1),
  }
}

function readScaling(keys: KeyReader, factors: boolean): RopeScaling | null {
  if (factors) return { kind: 'factors' }
  const kind = keys.text('rope.scaling.type')
  if (kind === null || kind === 'none') return null
  const factor = keys.positive('rope.scaling.factor')
  if (kind === 'linear') return { kind, factor }
  if (kind !== 'yarn') throw invalid('rope.scaling.type', { reason: 'unknown-word', known: 'none, linear, yarn' })
  const growth = 1 + 0.1 * Math.log(factor)
  const multiplier = keys.has('rope.scaling.yarn_log_multiplier') ? keys.positive('rope.scaling.yarn_log_multiplier') : 0
  return {
    kind,
    factor,
    original: keys.count('rope.scaling.original_context_length', 2 ** 31 - 1),
    fast: keys.positive('rope.scaling.yarn_beta_fast', 32),
    slow: keys.positive('rope.scaling.yarn_beta_slow', 1),
    attention: multiplier > 0 ? 1 : growth,
    allDimensions: multiplier * 10,
  }
}

function readKinds(family: GgufFamily, keys: KeyReader, layers: number, routed: boolean, lead: number): LayerKind[] {
  const window =
    family.rules.windows === true && keys.has('attention.sliding_window') ? keys.count('attention.sliding_window', 2 ** 31 - 1, 0) : 0
  const pattern = keys.flags('attention.sliding_window_pattern')
  if (lead === 0 && window === 0) return []
  return Array.from({ length: layers }, (_, layer): LayerKind => {
    const own = window > 0 && (pattern?.[layer] ?? (layer + 1) % 4 !== 0) ? window : null
    return { feedForward: !routed || layer < lead ? 'dense' : 'routed', window: own, rope: family.ropeOf?.(own) ?? 'usual' }
  })
}

function invalid(key: string, because: Because<FamilyReason>): ExpectedError {
  return new ExpectedError('gguf-invalid', { key, ...because })
}
