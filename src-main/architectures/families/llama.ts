import type { ModelShape } from '../architecture.ts'
import type { ConfigReader } from '../config-reader.ts'
import { layerKinds, NO_EXPERTS, readCommon, readWidth, readLayerWindows, ropeTraits, shapeOf, type Usual } from '../config-shape.ts'
import { defineFamily, PERMUTED_PAIRS, type FamilyPage } from '../family.ts'

/** What llama.cpp's graph of these families wants; it knows no windows. */
const RULES: FamilyPage['gguf'] = { normalizes: null, readsRouter: false, dimensionCount: true }

function readDense(config: ConfigReader, usual: Usual, slides: boolean): ModelShape {
  const bias = config.flag('attention_bias', false)
  const common = readCommon(config, { headSize: 'divided', tied: false, epsilon: 1e-6, ropeBase: 10_000, ...usual })
  const { layers } = common.base
  const windows = slides ? readLayerWindows(config, layers, 'sliding') : []
  return shapeOf(common, NO_EXPERTS, {
    queryKeyNorm: 'none',
    attentionBias: bias,
    outputBias: bias,
    rope: ropeTraits(common, PERMUTED_PAIRS),
    denseWidth: readWidth(config, 'intermediate_size'),
    layers: layerKinds('dense', windows),
  })
}

/** Llama 1 to 3.3, and what was made in its shape (Yi, TinyLlama, SmolLM). Source: arXiv 2302.13971, 2407.21783. */
export const llama = defineFamily({
  id: 'llama',
  title: 'Llama',
  ggufName: 'llama',
  rope: PERMUTED_PAIRS,
  gguf: RULES,
  owns: ({ experts }) => experts === 0,
  read: (config) => readDense(config, {}, false),
})

/** Mistral 7B, Nemo, Small: Llama's shape, some with a window. Source: arXiv 2310.06825. */
export const mistral = defineFamily({
  id: 'mistral',
  title: 'Mistral',
  ggufName: 'llama',
  rope: PERMUTED_PAIRS,
  gguf: RULES,
  // A file of the two looks the same, and is taken for Llama's.
  owns: () => false,
  read: (config) => readDense(config, {}, true),
})
