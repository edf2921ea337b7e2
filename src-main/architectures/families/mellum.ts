import type { LayerKind } from '../architecture.ts'
import { layerKinds, readCommon, readFeedForwards, readRouted, readLayerWindows, ropeTraits, shapeOf } from '../config-shape.ts'
import { defineFamily } from '../family.ts'
import { unfoldRopeByKind } from '../rope-config.ts'

/** Layers with a window turn without the stretching of the others. */
const ropeOf = (window: number | null): LayerKind['rope'] => (window === null ? 'usual' : 'unscaled')

/** Mellum 2: windows on three of four layers, positions of the others stretched, softmax router, the chosen rescaled. */
export const mellum = defineFamily({
  id: 'mellum',
  title: 'Mellum 2',
  ggufName: 'mellum',
  ropeOf,
  gguf: { normalizes: true, readsRouter: false, windows: true },
  read: (config) => {
    config.only('attention_bias', false)
    config.only('use_sliding_window', true)
    config.ignore('intermediate_size', 'max_window_layers')
    unfoldRopeByKind(config)
    const common = readCommon(config, { headSize: 128, tied: false, epsilon: 1e-6 })
    const routed = readRouted(config, 'moe_intermediate_size', true)
    const { layers } = common.base
    return shapeOf(common, routed, {
      rope: ropeTraits(common),
      layers: layerKinds(readFeedForwards(config, layers), readLayerWindows(config, layers), ropeOf),
    })
  },
})
