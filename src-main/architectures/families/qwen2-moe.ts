import { layerKinds, readCommon, readLayerWindows, readRouted, readWidth, ropeTraits, shapeOf } from '../config-shape.ts'
import { defineFamily } from '../family.ts'
import { refuseGguf } from '../gguf-keys.ts'

/** Qwen1.5-MoE and Qwen2-57B-A14B: raw softmax gates, and a shared expert behind a gate of its own. Source: arXiv 2407.10671. */
export const qwen2Moe = defineFamily({
  id: 'qwen2_moe',
  title: 'Qwen2 Mixture of Experts',
  ggufName: 'qwen2moe',
  checkpointNames: {
    sharedGate: 'mlp.shared_expert.gate_proj.weight',
    sharedUp: 'mlp.shared_expert.up_proj.weight',
    sharedDown: 'mlp.shared_expert.down_proj.weight',
  },
  gguf: {
    normalizes: false,
    readsRouter: false,
    shared: 'width',
    // Its loader wants an output matrix of its own.
    guard: ({ tiedEmbeddings }) => {
      if (tiedEmbeddings) refuseGguf('tie_word_embeddings', true)
    },
  },
  read: (config) => {
    config.only('use_sliding_window', false)
    config.only('decoder_sparse_step', 1)
    config.only('mlp_only_layers', [])
    config.only('qkv_bias', true)
    config.ignore('intermediate_size', 'max_window_layers', 'sliding_window')
    const common = readCommon(config, { headSize: 'divided', tied: false, epsilon: 1e-6, ropeBase: 10_000 })
    return shapeOf(common, readRouted(config, 'moe_intermediate_size', false), {
      queryKeyNorm: 'none',
      attentionBias: true,
      rope: ropeTraits(common),
      layers: layerKinds('routed', readLayerWindows(config, common.base.layers)),
      shared: { width: readWidth(config, 'shared_expert_intermediate_size'), gated: true },
    })
  },
})
