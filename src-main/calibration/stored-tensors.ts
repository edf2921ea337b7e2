import type { LayerRole, ModelRole } from '../architectures/architecture.ts'
import { isKeptInF32 } from '../architectures/parts.ts'
import { ggufTensors } from '../architectures/tensor-list.ts'
import { tensorOf } from '../model/moe-model.ts'
import type { MoeModel } from '../model/moe-model.ts'
import type { Dtype } from '../tensor/dtype.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'
import { elementCount } from '../tensor/tensor.ts'
import type { LazyTensor } from '../tensor/tensor.ts'

/** One tensor of the file to be. Experts of a role are stacked: one tensor a layer. */
export interface StoredTensor {
  /** Layer number, or null outside the layers. */
  readonly layer: number | null
  readonly role: LayerRole | ModelRole
  /** Its name in the written file. */
  readonly name: string
  /** PyTorch order; stacked experts come first: (experts, rows, columns). */
  readonly shape: readonly number[]
  readonly weights: number
  /** Weights of one row: blocks of a ggml type must divide it. */
  readonly columns: number
  /** How the source stores it: writing it as this loses nothing. */
  readonly source: Dtype | GgmlTypeName
  /** The embedding of a model whose output matrix it is too. */
  readonly alsoOutput: boolean
  /** Always written as F32: norms, biases and routers. */
  readonly keptInF32: boolean
}

/** Every tensor the file will hold, in the order it is written. */
export function storedTensors(model: MoeModel): StoredTensor[] {
  const { architecture, shape } = model
  return ggufTensors(architecture, shape).map((place) => {
    const tensor = { layer: place.layer, role: place.role }
    const [source] = sourcesOf(model, tensor)
    if (source === undefined) throw new RangeError(`${place.name} has no source`)
    return {
      ...tensor,
      name: place.name,
      shape: place.shape,
      weights: elementCount(place.shape),
      columns: place.shape.at(-1) ?? 1,
      source: source.storage,
      alsoOutput: place.role === 'embedding' && shape.tiedEmbeddings,
      keptInF32: isKeptInF32(place.role),
    }
  })
}

/** The checkpoint tensors behind one stored tensor: one, or one per expert in the order they are stacked. */
export function sourcesOf(model: MoeModel, tensor: Pick<StoredTensor, 'layer' | 'role'>): readonly LazyTensor[] {
  const { role } = tensor
  if (role === 'embedding' || role === 'outputNorm' || role === 'output') return [model[role]]
  if (role === 'ropeFactors') return model.ropeFactors === null ? [] : [model.ropeFactors]
  if (role === 'kvB') throw new RangeError('kvB is not stored: it is cut in two')
  const layer = tensor.layer === null ? undefined : model.layers[tensor.layer]
  if (layer === undefined) throw new RangeError(`no layer ${tensor.layer}`)
  switch (role) {
    case 'expertGate':
      return layer.experts.map((expert) => expert.gate)
    case 'expertUp':
      return layer.experts.map((expert) => expert.up)
    case 'expertDown':
      return layer.experts.map((expert) => expert.down)
    default:
      return [tensorOf(layer, role)]
  }
}
