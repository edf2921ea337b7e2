import type { MoeLayer, MoeModel } from '../model/moe-model.ts'
import type { LazyTensor } from '../tensor/tensor.ts'
import type { StoredTensor } from './stored-tensors.ts'

/** The same model with one stored tensor replaced; `replaced` in the order of `sourcesOf`. Closing it closes nothing. */
export function replaceTensor(model: MoeModel, tensor: StoredTensor, replaced: readonly LazyTensor[]): MoeModel {
  const close = async (): Promise<void> => undefined
  const [only] = replaced
  if (only === undefined) throw new RangeError(`${tensor.name} has no source`)
  if (tensor.role === 'embedding') return { ...model, close, embedding: only, output: model.shape.tiedEmbeddings ? only : model.output }
  if (tensor.layer === null) return { ...model, close, [tensor.role]: only }
  return {
    ...model,
    close,
    layers: model.layers.map((layer) => (layer.index === tensor.layer ? replaceIn(layer, tensor, replaced) : layer)),
  }
}

function replaceIn(layer: MoeLayer, tensor: StoredTensor, replaced: readonly LazyTensor[]): MoeLayer {
  const names = { expertGate: 'gate', expertUp: 'up', expertDown: 'down' } as const
  const { role } = tensor
  if (role !== 'expertGate' && role !== 'expertUp' && role !== 'expertDown')
    return { ...layer, tensors: { ...layer.tensors, [role]: replaced[0] } }
  return { ...layer, experts: layer.experts.map((expert, index) => ({ ...expert, [names[role]]: replaced[index] })) }
}
