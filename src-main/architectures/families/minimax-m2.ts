import { readCommon, readRouted, ropeTraits, shapeOf } from '../config-shape.ts'
import { invalid } from '../config-reader.ts'
import { defineFamily } from '../family.ts'
import { readSigmoidRouter } from '../routers.ts'

/** MiniMax-M2: norms of queries and keys over all heads, half of each head turning, a sigmoid router with a correction bias. */
export const minimaxM2 = defineFamily({
  id: 'minimax_m2',
  title: 'MiniMax-M2',
  ggufName: 'minimax-m2',
  checkpointNames: {
    router: 'block_sparse_moe.gate.weight',
    routerBias: 'block_sparse_moe.e_score_correction_bias',
    expertGate: 'block_sparse_moe.experts.{expert}.w1.weight',
    expertUp: 'block_sparse_moe.experts.{expert}.w3.weight',
    expertDown: 'block_sparse_moe.experts.{expert}.w2.weight',
  },
  score: 'sigmoid',
  gguf: { normalizes: true, readsRouter: true, expertIsFeedForward: true },
  read: (config) => {
    config.only('use_routing_bias', true)
    config.only('use_qk_norm', true)
    config.only('qk_norm_type', 'per_layer')
    config.only('attention_bias', false)
    config.only('shared_intermediate_size', 0)
    // Heads that predict later tokens are not part of the text model, and jitter is for training.
    config.ignore(
      'use_mtp',
      'num_mtp_modules',
      'mtp_transformer_layers',
      'router_jitter_noise',
      'attn_type_list',
      'layernorm_full_attention_beta',
      'layernorm_linear_attention_beta',
      'layernorm_mlp_beta',
      'mlp_intermediate_size',
      'shared_moe_mode',
    )
    const turning = config.has('rotary_dim') ? config.count('rotary_dim', 4096) : null
    const common = readCommon(config, { headSize: 128, ropeBase: 5e6, tied: false, epsilon: 1e-6 })
    const routed = readRouted(config, 'intermediate_size', null)
    const rope = ropeTraits(common)
    if (turning !== null && (turning % 2 !== 0 || turning > common.base.headSize)) throw invalid('rotary_dim', { reason: 'no-pairs' })
    return shapeOf(common, routed, {
      queryKeyNorm: 'all-heads',
      rope: turning === null || turning === common.base.headSize ? rope : { ...rope, size: turning },
      router: readSigmoidRouter(config, routed),
    })
  },
})
