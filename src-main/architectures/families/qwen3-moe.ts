import { layerKinds, readCommon, readRouted, readLayerWindows, ropeTraits, shapeOf } from '../config-shape.ts'
import { defineFamily } from '../family.ts'

/**
 * Qwen3 Mixture of Experts (Qwen3-30B-A3B, Qwen3-235B-A22B and models of their shape): every layer sparse, softmax router over
 * all experts, RMS norm per head on queries and keys, rotary positions over the whole head (rotate-half).
 * Source: Qwen3 technical report, arXiv 2505.09388.
 */
export const qwen3Moe = defineFamily({
  id: 'qwen3_moe',
  title: 'Qwen3 Mixture of Experts',
  ggufName: 'qwen3moe',
  folders: true,
  gguf: { normalizes: true, readsRouter: false },
  read: (config) => {
    // The width of dense layers, of which there are none, and windows, which are off.
    config.ignore('intermediate_size', 'max_window_layers')
    config.only('use_sliding_window', false)
    config.ignore('sliding_window')
    config.only('attention_bias', false)
    config.only('decoder_sparse_step', 1)
    config.only('mlp_only_layers', [])
    const common = readCommon(config)
    return shapeOf(common, readRouted(config, 'moe_intermediate_size', undefined), {
      rope: ropeTraits(common),
      layers: layerKinds('routed', readLayerWindows(config, common.base.layers)),
    })
  },
})
