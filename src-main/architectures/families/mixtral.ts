import { layerKinds, readCommon, readRouted, readLayerWindows, ropeTraits, shapeOf } from '../config-shape.ts'
import { defineFamily, PERMUTED_PAIRS } from '../family.ts'

/** Mixtral 8x7B and 8x22B: Mistral with experts, softmax over all, the chosen rescaled. Source: arXiv 2401.04088. */
export const mixtral = defineFamily({
  id: 'mixtral',
  title: 'Mixtral',
  ggufName: 'llama',
  rope: PERMUTED_PAIRS,
  checkpointNames: {
    router: 'block_sparse_moe.gate.weight',
    expertGate: 'block_sparse_moe.experts.{expert}.w1.weight',
    expertUp: 'block_sparse_moe.experts.{expert}.w3.weight',
    expertDown: 'block_sparse_moe.experts.{expert}.w2.weight',
  },
  gguf: { normalizes: true, readsRouter: false, dimensionCount: true, expertIsFeedForward: true },
  owns: ({ experts }) => experts > 0,
  read: (config) => {
    config.ignore('router_jitter_noise')
    const common = readCommon(config, { headSize: 'divided', tied: false, epsilon: 1e-5, ropeBase: 1e6 })
    const { layers } = common.base
    return shapeOf(common, readRouted(config, 'intermediate_size', null), {
      queryKeyNorm: 'none',
      rope: ropeTraits(common, PERMUTED_PAIRS),
      layers: layerKinds('routed', readLayerWindows(config, layers, 'sliding')),
    })
  },
})
