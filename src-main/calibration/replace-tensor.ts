import type { MoeLayer, MoeModel } from '../model/moe-model.ts'
import type { LazyTensor } from '../tensor/tensor.ts'
import { sourcesOf } from './stored-tensors.ts'
import type { StoredTensor } from './stored-tensors.ts'

/** The same model with one stored tensor's values replaced; `values` as {@link sourcesOf} orders them. Closing it closes nothing. */
export function replaceTensor(model: MoeModel, tensor: StoredTensor, values: readonly Float32Array[]): MoeModel {
  const replaced = sourcesOf(model, tensor).map((source, index) => inMemory(source, values[index] as Float32Array))
  const close = async (): Promise<void> => undefined
  const [only] = replaced
  if (only === undefined) throw new RangeError(`${tensor.name} has no source`)
  if (tensor.role === 'embedding') return { ...model, close, embedding: only, output: model.shape.tiedEmbeddings ? only : model.output }
  if (tensor.layer === null) return { ...model, close, [tensor.role]: only }
  return { ...model, close, layers: model.layers.map((layer) => (layer.index === tensor.layer ? replaceIn(layer, tensor, replaced) : layer)) }
}

function replaceIn(layer: MoeLayer, tensor: StoredTensor, replaced: readonly LazyTensor[]): MoeLayer {
  const names = { expertGate: 'gate', expertUp: 'up', expertDown: 'down' } as const
  const { role } = tensor
  if (role !== 'expertGate' && role !== 'expertUp' && role !== 'expertDown') return { ...layer, [role]: replaced[0] }
  return { ...layer, experts: layer.experts.map((expert, index) => ({ ...expert, [names[role]]: replaced[index] })) }
}

function inMemory(source: LazyTensor, values: Float32Array): LazyTensor {
  const columns = source.shape.at(-1) ?? 1
  return {
    name: source.name, storage: 'F32', shape: source.shape, bytes: values.byteLength,
    read: async () => values.slice(),
    readRows: async (start, count) => values.slice(start * columns, (start + count) * columns),
  }
}
