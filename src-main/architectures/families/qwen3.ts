import { layerKinds, NO_EXPERTS, readCommon, readWidth, readLayerWindows, ropeTraits, shapeOf } from '../config-shape.ts'
import type { ConfigReader } from '../config-reader.ts'
import { defineFamily } from '../family.ts'
import type { ModelShape } from '../architecture.ts'

/** The dense Qwen3 of a text model or of the text part of one that also sees. */
export function readDenseQwen3(config: ConfigReader): ModelShape {
  config.only('use_sliding_window', false)
  config.ignore('max_window_layers', 'sliding_window')
  config.only('attention_bias', false)
  const common = readCommon(config, { headSize: 128, tied: false, epsilon: 1e-6 })
  const kinds = layerKinds('dense', readLayerWindows(config, common.base.layers))
  return shapeOf(common, NO_EXPERTS, { rope: ropeTraits(common), denseWidth: readWidth(config, 'intermediate_size'), layers: kinds })
}

/** Qwen3, dense (0.6B to 32B). Source: Qwen3 technical report, arXiv 2505.09388. */
export const qwen3 = defineFamily({
  id: 'qwen3',
  title: 'Qwen3',
  ggufName: 'qwen3',
  gguf: { normalizes: null, readsRouter: false },
  read: readDenseQwen3,
})
