import type { ModelShape } from '../architecture.ts'
import type { ConfigReader } from '../config-reader.ts'
import { NO_EXPERTS, readCommon, readWidth, readRouted, ropeTraits, shapeOf } from '../config-shape.ts'
import { defineFamily, PERMUTED_PAIRS, type FamilyPage } from '../family.ts'

const EXPERTS: NonNullable<FamilyPage['checkpointNames']> = { router: 'block_sparse_moe.router.layer.weight' }
const RULES: FamilyPage['gguf'] = { normalizes: true, readsRouter: false, multipliers: true, dimensionCount: true }

/** Multipliers of embeddings, residuals, scores and logits; the logits are divided. */
function readGranite(config: ConfigReader, kind: 'dense' | 'routed' | 'shared'): ModelShape {
  const bias = config.flag('attention_bias', false)
  const multiplier = (key: string): number => config.positive(key, 1)
  const common = readCommon(config, { headSize: 'divided', tied: false, epsilon: 1e-6, ropeBase: 10_000 })
  const routed = kind === 'dense' ? NO_EXPERTS : readRouted(config, 'intermediate_size', null)
  return shapeOf(common, routed, {
    queryKeyNorm: 'none',
    attentionBias: bias,
    outputBias: bias,
    rope: ropeTraits(common, PERMUTED_PAIRS),
    denseWidth: kind === 'dense' ? readWidth(config, 'intermediate_size') : 0,
    shared: kind === 'shared' ? { width: readWidth(config, 'shared_intermediate_size'), gated: false } : null,
    embeddingScale: multiplier('embedding_multiplier'),
    residualScale: multiplier('residual_multiplier'),
    softmaxScale: multiplier('attention_multiplier'),
    logitScale: 1 / multiplier('logits_scaling'),
  })
}

/** Granite 3, dense. */
export const granite = defineFamily({
  id: 'granite',
  title: 'Granite',
  ggufName: 'granite',
  rope: PERMUTED_PAIRS,
  gguf: RULES,
  read: (config) => readGranite(config, 'dense'),
})

/** Granite 3 MoE: all experts of a layer in two stacked tensors. */
export const graniteMoe = defineFamily({
  id: 'granitemoe',
  title: 'Granite Mixture of Experts',
  ggufName: 'granitemoe',
  rope: PERMUTED_PAIRS,
  checkpointNames: EXPERTS,
  gguf: { ...RULES, expertIsFeedForward: true },
  owns: ({ traits }) => traits.shared === null,
  read: (config) => readGranite(config, 'routed'),
})

/** The same with an expert that every token passes. */
export const graniteMoeShared = defineFamily({
  id: 'granitemoeshared',
  title: 'Granite Mixture of Experts, one shared',
  ggufName: 'granitemoe',
  rope: PERMUTED_PAIRS,
  checkpointNames: {
    ...EXPERTS,
    sharedGate: 'shared_mlp.gate_proj.weight',
    sharedUp: 'shared_mlp.up_proj.weight',
    sharedDown: 'shared_mlp.output_linear.weight',
  },
  gguf: { ...RULES, expertIsFeedForward: true, shared: 'width' },
  owns: ({ traits }) => traits.shared !== null,
  read: (config) => readGranite(config, 'shared'),
})
