import type { LayerRole, ModelRole } from '../architectures/architecture.ts'
import type { MoeModel } from '../model/moe-model.ts'
import type { Dtype } from '../tensor/dtype.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'
import { elementCount } from '../tensor/tensor.ts'

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
  /** Always written as F32: norms and routers. */
  readonly keptInF32: boolean
  /** Types the architecture rules out. */
  readonly forbidden: readonly GgmlTypeName[]
}

const LAYER_ORDER: readonly LayerRole[] = [
  'attentionNorm', 'query', 'key', 'value', 'queryNorm', 'keyNorm', 'attentionOutput', 'expertNorm', 'router', 'expertGate', 'expertUp', 'expertDown',
]

/** Every tensor the file will hold, in the order it is written. */
export function storedTensors(model: MoeModel): StoredTensor[] {
  const outside: ModelRole[] = model.shape.tiedEmbeddings ? ['embedding', 'outputNorm'] : ['embedding', 'outputNorm', 'output']
  return [
    ...outside.map((role) => describe(model, null, role)),
    ...model.layers.flatMap((layer) => LAYER_ORDER.map((role) => describe(model, layer.index, role))),
  ]
}

function describe(model: MoeModel, layer: number | null, role: LayerRole | ModelRole): StoredTensor {
  const { architecture } = model
  const first = firstSource(model, layer, role)
  const stacked = role === 'expertGate' || role === 'expertUp' || role === 'expertDown'
  const shape = stacked ? [model.shape.experts, ...first.shape] : first.shape
  const names = layer === null ? architecture.modelRoles[role as ModelRole] : architecture.layerRoles[role as LayerRole]
  return {
    layer,
    role,
    name: names.gguf.replaceAll('{layer}', String(layer)),
    shape,
    weights: elementCount(shape),
    columns: shape.at(-1) ?? 1,
    source: first.storage,
    keptInF32: architecture.keptInF32.includes(role),
    forbidden: architecture.forbiddenTypes?.[role] ?? [],
  }
}

/** The source tensor of a role; of the first expert where there are many. */
function firstSource(model: MoeModel, layer: number | null, role: LayerRole | ModelRole): { shape: readonly number[]; storage: Dtype | GgmlTypeName } {
  if (role === 'embedding' || role === 'outputNorm' || role === 'output') return model[role]
  const found = layer === null ? undefined : model.layers[layer]
  const expert = found?.experts[0]
  if (found === undefined || expert === undefined) throw new RangeError(`no layer ${layer}`)
  if (role === 'expertGate') return expert.gate
  if (role === 'expertUp') return expert.up
  if (role === 'expertDown') return expert.down
  return found[role]
}
