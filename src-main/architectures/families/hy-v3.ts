import { layerKinds, readCommon, readDenseWidth, readFeedForwards, readRouted, ropeTraits, shapeOf } from '../config-shape.ts'
import { defineFamily } from '../family.ts'
import { readSigmoidRouter } from '../sigmoid-router.ts'

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
    config.ignore('num_nextn_predict_layers')
    config.only('qk_norm', true)
    config.only('route_norm', true)
    config.only('moe_router_use_sigmoid', true)
    config.only('moe_router_enable_expert_bias', true)
    const common = readCommon(config, { headSize: 128, ropeBase: 11_158_840, tied: false, epsilon: 1e-5 })
    const routed = readRouted(config, 'moe_intermediate_size', null)
    return shapeOf(common, routed, {
      rope: ropeTraits(common),
      router: readSigmoidRouter(config, routed.experts),
      shared: { width: routed.expertWidth * config.count('num_shared_experts', 64, 1), gated: false },
      denseWidth: readDenseWidth(config, true),
      layers: layerKinds(readFeedForwards(config, common.base.layers, 1)),
    })
  },
})
