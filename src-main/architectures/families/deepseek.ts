import type { ModelShape, Router } from '../architecture.ts'
import type { ConfigReader } from '../config-reader.ts'
import {
  layerKinds,
  readCommon,
  readWidth,
  readFeedForwards,
  readLaterLayers,
  readRouted,
  ropeTraits,
  shapeOf,
  type Routed,
  type Usual,
} from '../config-shape.ts'
import { defineFamily, PAIRS, PERMUTED_PAIRS, type FamilyPage } from '../family.ts'
import { refuseGguf } from '../gguf-keys.ts'
import { readSigmoidRouter, readSoftmaxRouter } from '../routers.ts'

/** Layers of the models whose queries come from the stream: llama.cpp's loader tells them by nothing else. */
const LAYERS_WITHOUT_QUERY_RANK: readonly number[] = [26, 27]

const RULES: FamilyPage['gguf'] = {
  normalizes: null,
  readsRouter: true,
  shared: 'count',
  denseLead: true,
  guard: ({ layers, traits: { latent } }) => {
    if (latent?.queryRank === null && !LAYERS_WITHOUT_QUERY_RANK.includes(layers)) refuseGguf('q_lora_rank', null)
  },
}

/** Latent attention and routed layers after dense ones; `router` is read by the family. */
function readLatentModel(config: ConfigReader, usual: Usual, router: (config: ConfigReader, routed: Routed) => Router): ModelShape {
  const [plain, turning, value] = [
    config.count('qk_nope_head_dim', 4096),
    config.count('qk_rope_head_dim', 4096),
    config.count('v_head_dim', 4096),
  ]
  // Older configs hold the turning part here, or hidden / heads; neither is the size of a query's head.
  config.ignore('head_dim', 'num_key_value_heads', 'ep_size', 'aux_loss_alpha', 'seq_aux', 'qk_head_dim')
  config.only('attention_bias', false)
  config.only('rope_interleave', true)
  const common = readCommon(config, { headSize: plain + turning, ropeBase: 10_000, tied: false, epsilon: 1e-6, ...usual })
  const routed = readRouted(config, 'moe_intermediate_size', usual.normalize)
  const { layers } = common.base
  return shapeOf(common, routed, {
    queryKeyNorm: 'none',
    latent: {
      queryRank: config.has('q_lora_rank') ? config.count('q_lora_rank', 1 << 17) : null,
      rank: config.count('kv_lora_rank', 1 << 17),
      plain,
      turning,
      value,
    },
    rope: { ...ropeTraits(common, PAIRS), size: null },
    router: router(config, routed),
    shared: config.has('n_shared_experts') ? { width: routed.expertWidth * config.count('n_shared_experts', 64), gated: false } : null,
    denseWidth: readWidth(config, 'intermediate_size'),
    laterLayers: readLaterLayers(config),
    layers: layerKinds(readFeedForwards(config, layers)),
  })
}

/** DeepSeek V2, V2-Lite and Coder-V2: latent attention, raw softmax gates. Source: arXiv 2405.04434. */
export const deepseekV2 = defineFamily({
  id: 'deepseek_v2',
  title: 'DeepSeek-V2',
  ggufName: 'deepseek2',
  rope: PAIRS,
  gguf: RULES,
  owns: ({ traits }) => traits.router.score === 'softmax',
  read: (config) => readLatentModel(config, { normalize: false }, readSoftmaxRouter),
})

/** DeepSeek V3 and R1, Moonlight: a sigmoid router with a correction bias, experts in groups. Source: arXiv 2412.19437. */
export const deepseekV3 = defineFamily({
  id: 'deepseek_v3',
  title: 'DeepSeek-V3 and R1',
  ggufName: 'deepseek2',
  rope: PAIRS,
  score: 'sigmoid',
  gguf: RULES,
  owns: ({ traits }) => traits.router.score === 'sigmoid',
  read: (config) => readLatentModel(config, { normalize: true }, (keys, routed) => readSigmoidRouter(keys, routed, 2.5)),
})

/** GLM-4.7-Flash: DeepSeek V3's layers. A file of it is taken for one of those. */
export const glm4MoeLite = defineFamily({
  id: 'glm4_moe_lite',
  title: 'GLM-4.7-Flash',
  ggufName: 'deepseek2',
  rope: PAIRS,
  score: 'sigmoid',
  gguf: RULES,
  owns: () => false,
  read: (config) => readLatentModel(config, { normalize: true, epsilon: 1e-5 }, (keys, routed) => readSigmoidRouter(keys, routed, 1.8)),
})

/** Kimi K2: DeepSeek V3's layers, more experts in one group. Source: arXiv 2507.20534. */
export const kimiK2 = defineFamily({
  id: 'kimi_k2',
  title: 'Kimi K2',
  ggufName: 'deepseek2',
  rope: PAIRS,
  score: 'sigmoid',
  gguf: RULES,
  owns: () => false,
  read: (config) => readLatentModel(config, { normalize: true }, (keys, routed) => readSigmoidRouter(keys, routed, 2.5)),
})

/** DeepSeek-MoE 16B, the first: Llama's attention, raw softmax gates, shared experts. Source: arXiv 2401.06066. */
export const deepseek = defineFamily({
  id: 'deepseek',
  title: 'DeepSeek-MoE',
  ggufName: 'deepseek',
  rope: PERMUTED_PAIRS,
  gguf: { normalizes: false, readsRouter: true, shared: 'count', denseLead: true, dimensionCount: true },
  read: (config) => {
    config.only('attention_bias', false)
    config.only('scoring_func', 'softmax')
    config.ignore('aux_loss_alpha', 'seq_aux')
    const common = readCommon(config, { headSize: 'divided', ropeBase: 10_000, tied: false, epsilon: 1e-6 })
    const routed = readRouted(config, 'moe_intermediate_size', false)
    return shapeOf(common, routed, {
      queryKeyNorm: 'none',
      rope: ropeTraits(common, PERMUTED_PAIRS),
      shared: config.has('n_shared_experts') ? { width: routed.expertWidth * config.count('n_shared_experts', 64), gated: false } : null,
      denseWidth: readWidth(config, 'intermediate_size'),
      layers: layerKinds(readFeedForwards(config, common.base.layers)),
    })
  },
})
