import { layerKinds, readCommon, readWidth, readFeedForwards, readLaterLayers, readRouted, ropeTraits, shapeOf } from '../config-shape.ts'
import { defineFamily } from '../family.ts'
import { readSigmoidRouter } from '../routers.ts'

/** Hy3 (Hunyuan 3): the first layers dense, a sigmoid router with a correction bias, one shared expert. */
export const hyV3 = defineFamily({
  id: 'hy_v3',
  title: 'Hy3',
  ggufName: 'hy_v3',
  checkpointNames: {
    router: 'mlp.router.gate.weight',
    routerBias: 'mlp.expert_bias',
    sharedGate: 'mlp.shared_mlp.gate_proj.weight',
    sharedUp: 'mlp.shared_mlp.up_proj.weight',
    sharedDown: 'mlp.shared_mlp.down_proj.weight',
  },
  // llama.cpp's loader asks for this bias without a suffix.
  ggufNames: { routerBias: 'exp_probs_b' },
  score: 'sigmoid',
  gguf: { normalizes: null, readsRouter: true, shared: 'width', denseLead: true },
  read: (config) => {
    config.only('attention_bias', false)
    // How exact single steps are is the runtime's affair; the experts' width is told twice.
    config.ignore('enable_attention_fp32_softmax', 'enable_lm_head_fp32', 'enable_moe_fp32_combine')
    config.ignore('expert_hidden_dim', 'use_grouped_mm', 'eod_token_id', 'sep_token_id')
    config.only('qk_norm', true)
    config.only('route_norm', true)
    config.only('moe_router_use_sigmoid', true)
    config.only('moe_router_enable_expert_bias', true)
    const common = readCommon(config, { headSize: 128, ropeBase: 11_158_840, tied: false, epsilon: 1e-5 })
    const routed = readRouted(config, 'moe_intermediate_size', null)
    return shapeOf(common, routed, {
      rope: ropeTraits(common),
      router: readSigmoidRouter(config, routed),
      shared: { width: routed.expertWidth * config.count('num_shared_experts', 64, 1), gated: false },
      denseWidth: readWidth(config, 'intermediate_size'),
      laterLayers: readLaterLayers(config),
      layers: layerKinds(readFeedForwards(config, common.base.layers, 1)),
    })
  },
})
