import type { MoeLayer, MoeModel } from '../model/moe-model.ts'
import type { LazyTensor } from '../tensor/tensor.ts'

/** The model with every tensor replaced; a tensor in two places (tied embeddings) stays one. */
export function mapTensors(model: MoeModel, replace: (tensor: LazyTensor) => LazyTensor): MoeModel {
  const known = new Map<LazyTensor, LazyTensor>()
  const map = (tensor: LazyTensor): LazyTensor => {
    const replaced = known.get(tensor) ?? replace(tensor)
    known.set(tensor, replaced)
    return replaced
  }
  return {
    ...model,
    embedding: map(model.embedding),
    outputNorm: map(model.outputNorm),
    output: map(model.output),
    layers: model.layers.map((layer): MoeLayer => ({
      index: layer.index,
      attentionNorm: map(layer.attentionNorm),
      query: map(layer.query),
      key: map(layer.key),
      value: map(layer.value),
      attentionOutput: map(layer.attentionOutput),
      queryNorm: map(layer.queryNorm),
      keyNorm: map(layer.keyNorm),
      expertNorm: map(layer.expertNorm),
      router: map(layer.router),
      experts: layer.experts.map(({ gate, up, down }) => ({ gate: map(gate), up: map(up), down: map(down) })),
    })),
  }
}
