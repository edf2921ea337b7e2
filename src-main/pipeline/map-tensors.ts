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
    ropeFactors: model.ropeFactors === null ? null : map(model.ropeFactors),
    layers: model.layers.map((layer): MoeLayer => ({
      index: layer.index,
      tensors: Object.fromEntries(Object.entries(layer.tensors).map(([role, tensor]) => [role, map(tensor)])),
      experts: layer.experts.map(({ gate, up, down }) => ({ gate: map(gate), up: map(up), down: map(down) })),
    })),
  }
}
