import { isExpertRole } from '../architectures/parts.ts'
import { checkpointTensors } from '../architectures/tensor-list.ts'
import { denseLayers, layerKind } from '../architectures/shape.ts'
import { cachedNumbers, eachLayer, widestStep } from '../architectures/sizes.ts'
import type { ModelShape } from '../architectures/architecture.ts'
import type { ModelSummary } from '../contract/model.ts'
import { elementCount } from '../tensor/tensor.ts'
import type { MoeModel } from './moe-model.ts'
import type { CheckpointFacts } from './open-checkpoint.ts'

/** What text/ knows of a checkpoint. */
export type TextFacts = Pick<ModelSummary, 'tokenizer' | 'chatTemplate'>

/** The model page's view of an open checkpoint. */
export function summarizeModel(model: MoeModel, facts: CheckpointFacts, text: TextFacts): Omit<ModelSummary, 'ways'> {
  const { architecture, shape } = model
  const { layers, hidden, heads, kvHeads, headSize, experts, expertsPerToken, expertWidth, vocabulary, contextLength, tiedEmbeddings } =
    shape
  return {
    ...facts,
    ...text,
    architecture: { id: architecture.id, title: architecture.title, ggufName: architecture.ggufName },
    layers,
    hidden,
    heads,
    kvHeads,
    headSize,
    experts,
    expertsPerToken,
    expertWidth,
    denseLayers: denseLayers(shape),
    denseWidth: shape.traits.denseWidth,
    sharedWidth: shape.traits.shared?.width ?? 0,
    memory: {
      cachedNumbers: cachedNumbers(shape),
      windows: eachLayer(shape).map((layer) => layerKind(shape, layer).window),
      widestStep: widestStep(shape),
    },
    vocabulary,
    contextLength,
    tiedEmbeddings,
    parameters: countParameters(model, shape),
  }
}

/** Counted over the tensors; `active` leaves out the experts a token does not pass. */
function countParameters(model: MoeModel, shape: ModelShape): ModelSummary['parameters'] {
  let total = 0
  let experts = 0
  for (const place of checkpointTensors(model.architecture, shape)) {
    const count = elementCount(place.shape)
    total += count
    if (isExpertRole(place.role)) experts += count
  }
  const passed = shape.experts === 0 ? 0 : (experts / shape.experts) * shape.expertsPerToken
  return { total, experts, active: total - experts + passed }
}
