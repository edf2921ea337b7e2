import { readCommon, readRouted, ropeTraits, shapeOf } from '../config-shape.ts'
import { defineFamily } from '../family.ts'

/** OLMoE: norms of queries and keys over all heads together, raw softmax gates. Source: arXiv 2409.02060. */
export const olmoe = defineFamily({
  id: 'olmoe',
  title: 'OLMoE',
  ggufName: 'olmoe',
  gguf: { normalizes: false, readsRouter: false, expertIsFeedForward: true },
  read: (config) => {
    config.only('clip_qkv')
    config.only('attention_bias', false)
    const common = readCommon(config, { headSize: 'divided', tied: false, epsilon: 1e-5, ropeBase: 10_000 })
    return shapeOf(common, readRouted(config, 'intermediate_size', false), { queryKeyNorm: 'all-heads', rope: ropeTraits(common) })
  },
})
