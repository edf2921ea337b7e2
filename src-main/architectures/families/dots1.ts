import { layerKinds, readCommon, readWidth, readFeedForwards, readRouted, readLayerWindows, ropeTraits, shapeOf } from '../config-shape.ts'
import { defineFamily } from '../family.ts'
import { readSigmoidRouter } from '../routers.ts'

/** dots.llm1: the first layer dense, a sigmoid router with a correction bias, shared experts. Source: arXiv 2506.05767. */
export const dots1 = defineFamily({
  id: 'dots1',
  title: 'dots.llm1',
  ggufName: 'dots1',
  score: 'sigmoid',
  gguf: { normalizes: null, readsRouter: true, shared: 'count', denseLead: true },
  read: (config) => {
    config.only('attention_bias', false)
    config.ignore('max_window_layers')
    // The original configs name the way of choosing here.
    config.only('scoring_func', 'noaux_tc', 'sigmoid')
    const common = readCommon(config, { headSize: 'divided', ropeBase: 10_000, tied: false, epsilon: 1e-6 })
    const routed = readRouted(config, 'moe_intermediate_size', false)
    const { layers } = common.base
    return shapeOf(common, routed, {
      rope: ropeTraits(common),
      router: readSigmoidRouter(config, routed),
      shared: { width: routed.expertWidth * config.count('n_shared_experts', 64), gated: false },
      denseWidth: readWidth(config, 'intermediate_size'),
      layers: layerKinds(readFeedForwards(config, layers), readLayerWindows(config, layers)),
    })
  },
})
