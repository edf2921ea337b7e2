import type { LayerKind } from '../architecture.ts'
import {
  layerKinds,
  readCommon,
  readWidth,
  readFeedForwards,
  readLaterLayers,
  readRouted,
  readLayerWindows,
  ropeTraits,
  shapeOf,
} from '../config-shape.ts'
import { defineFamily } from '../family.ts'
import { readSigmoidRouter } from '../routers.ts'

/** Only layers with a window know positions. */
const ropeOf = (window: number | null): LayerKind['rope'] => (window === null ? 'none' : 'usual')

/** EXAONE MoE: windows on three of four layers, a sigmoid router with a correction bias, a shared expert. */
export const exaoneMoe = defineFamily({
  id: 'exaone_moe',
  title: 'EXAONE Mixture of Experts',
  ggufName: 'exaone-moe',
  checkpointNames: { routerBias: 'mlp.e_score_correction_bias' },
  score: 'sigmoid',
  ropeOf,
  gguf: { normalizes: null, readsRouter: true, shared: 'both', denseLead: true, windows: true },
  read: (config) => {
    config.only('attention_bias', false)
    config.ignore('sliding_window_pattern', 'is_moe_layer')
    const common = readCommon(config, { headSize: 'divided', ropeBase: 10_000, tied: false, epsilon: 1e-5 })
    const routed = readRouted(config, 'moe_intermediate_size', true)
    const { layers } = common.base
    return shapeOf(common, routed, {
      rope: ropeTraits(common),
      router: readSigmoidRouter(config, routed, 2.5),
      shared: { width: routed.expertWidth * config.count('num_shared_experts', 64, 1), gated: false },
      denseWidth: readWidth(config, 'intermediate_size'),
      laterLayers: readLaterLayers(config),
      layers: layerKinds(readFeedForwards(config, layers, 1), readLayerWindows(config, layers), ropeOf),
    })
  },
})
