import { layerKinds, readCommon, readWidth, readFeedForwards, readLaterLayers, readRouted, ropeTraits, shapeOf } from '../config-shape.ts'
import { defineFamily } from '../family.ts'
import { readSigmoidRouter } from '../routers.ts'

/** GLM-4.5 to 4.7: the first layers dense, a sigmoid router with a correction bias, one shared expert, half of each head turning. */
export const glm4Moe = defineFamily({
  id: 'glm4_moe',
  title: 'GLM-4.5 to 4.7',
  ggufName: 'glm4moe',
  ggufNames: { expertNorm: 'post_attention_norm.weight' },
  score: 'sigmoid',
  gguf: { normalizes: null, readsRouter: true, shared: 'count', denseLead: true },
  read: (config) => {
    const common = readCommon(config, { headSize: 128, ropeShare: 0.5, ropeBase: 10_000, tied: false, epsilon: 1e-5 })
    const routed = readRouted(config, 'moe_intermediate_size', true)
    return shapeOf(common, routed, {
      queryKeyNorm: config.flag('use_qk_norm', false) ? 'head' : 'none',
      attentionBias: config.flag('attention_bias', false),
      rope: ropeTraits(common),
      router: readSigmoidRouter(config, routed),
      shared: { width: routed.expertWidth * config.count('n_shared_experts', 64, 1), gated: false },
      denseWidth: readWidth(config, 'intermediate_size'),
      laterLayers: readLaterLayers(config),
      layers: layerKinds(readFeedForwards(config, common.base.layers, 1)),
    })
  },
})
