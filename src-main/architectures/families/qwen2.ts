import { NO_EXPERTS, layerKinds, readCommon, readWidth, readLayerWindows, ropeTraits, shapeOf } from '../config-shape.ts'
import { defineFamily } from '../family.ts'

/** Qwen2 and Qwen2.5, dense: biases of query, key and value. Source: arXiv 2407.10671. */
export const qwen2 = defineFamily({
  id: 'qwen2',
  title: 'Qwen2 and Qwen2.5',
  ggufName: 'qwen2',
  gguf: { normalizes: null, readsRouter: false },
  read: (config) => {
    config.only('use_sliding_window', false)
    config.ignore('max_window_layers', 'sliding_window')
    const common = readCommon(config, { headSize: 'divided', tied: false, epsilon: 1e-6, ropeBase: 10_000 })
    const { layers } = common.base
    return shapeOf(common, NO_EXPERTS, {
      queryKeyNorm: 'none',
      attentionBias: true,
      rope: ropeTraits(common),
      denseWidth: readWidth(config, 'intermediate_size'),
      layers: layerKinds('dense', readLayerWindows(config, layers)),
    })
  },
})
