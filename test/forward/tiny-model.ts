import { PLAIN_TRAITS } from '../../src-main/architectures/shape.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Architecture, LayerRole, ModelRole, ModelShape } from '../../src-main/architectures/architecture.ts'
import { qwen3Moe } from '../../src-main/architectures/families/qwen3-moe.ts'
import { checkpointTensors } from '../../src-main/architectures/tensor-list.ts'
import type { TensorPlace } from '../../src-main/architectures/tensor-list.ts'
import { openSafetensorsFolder } from '../../src-main/formats/safetensors/reader.ts'
import type { MoeLayer, MoeModel } from '../../src-main/model/moe-model.ts'
import { normalFrom, seededRandom } from '../../src-main/tensor/random.ts'
import { elementCount } from '../../src-main/tensor/tensor.ts'
import type { LazyTensor } from '../../src-main/tensor/tensor.ts'

/** A tensor whose numbers are already here. */
export function memoryTensor(name: string, shape: readonly number[], data: Float32Array): LazyTensor {
  const columns = shape.at(-1) ?? 1
  return {
    name,
    shape,
    storage: 'F32',
    bytes: data.byteLength,
    read: async () => data.slice(),
    readRows: async (start, count) => data.slice(start * columns, (start + count) * columns),
  }
}

/** Puts a model together from a tensor for every place of its shape. */
export function assembleModel(architecture: Architecture, shape: ModelShape, tensorAt: (place: TensorPlace) => LazyTensor): MoeModel {
  const tensors = new Map(
    checkpointTensors(architecture, shape).map((place) => [`${place.role}/${place.layer}/${place.expert}`, tensorAt(place)]),
  )
  const get = (role: LayerRole | ModelRole, layer: number | null = null, expert: number | null = null): LazyTensor => {
    const tensor = tensors.get(`${role}/${layer}/${expert}`)
    if (tensor === undefined) throw new Error(`no ${role} in layer ${layer}, expert ${expert}`)
    return tensor
  }
  const layers = Array.from({ length: shape.layers }, (_, index): MoeLayer => ({
    index,
    tensors: Object.fromEntries(SINGLE_ROLES.map((role) => [role, get(role, index)])),
    experts: Array.from({ length: shape.experts }, (_e, expert) => ({
      gate: get('expertGate', index, expert),
      up: get('expertUp', index, expert),
      down: get('expertDown', index, expert),
    })),
  }))
  const embedding = get('embedding')
  return {
    architecture,
    shape,
    embedding,
    layers,
    outputNorm: get('outputNorm'),
    ropeFactors: null,
    output: shape.tiedEmbeddings ? embedding : get('output'),
    close: async () => {},
  }
}

/** Roles that exist once in a layer of Qwen3 with experts. */
export const SINGLE_ROLES = [
  'attentionNorm',
  'query',
  'key',
  'value',
  'attentionOutput',
  'queryNorm',
  'keyNorm',
  'expertNorm',
  'router',
] as const

/** A small shape that has everything: grouped heads, more experts than are chosen. */
export const TINY_SHAPE: ModelShape = {
  layers: 2,
  hidden: 32,
  heads: 4,
  kvHeads: 2,
  headSize: 16,
  experts: 6,
  expertsPerToken: 2,
  expertWidth: 24,
  vocabulary: 50,
  contextLength: 128,
  ropeBase: 10000,
  normEpsilon: 1e-6,
  normalizeGates: true,
  tiedEmbeddings: false,
  traits: PLAIN_TRAITS,
}

/** A model of seeded random weights, large enough that routers decide and norms matter. */
export function randomModel(shape: ModelShape = TINY_SHAPE, seed = 1): MoeModel {
  const normal = normalFrom(seededRandom(seed))
  return assembleModel(qwen3Moe, shape, (place) => {
    const isNorm = place.shape.length === 1
    const scale = isNorm ? 0.2 : 1.5 / Math.sqrt(place.shape.at(-1) ?? 1)
    const data = Float32Array.from({ length: elementCount(place.shape) }, () => (isNorm ? 1 : 0) + scale * normal())
    return memoryTensor(place.name, place.shape, data)
  })
}

/** Opens a checkpoint folder as a model, without the product's own checks. */
export async function openCheckpoint(folder: string): Promise<MoeModel> {
  const shape = qwen3Moe.readShape(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>)
  const { tensors, close } = await openSafetensorsFolder(folder)
  const model = assembleModel(qwen3Moe, shape, (place) => {
    const tensor = tensors.get(place.name)
    if (tensor === undefined) throw new Error(`no tensor ${place.name}`)
    return tensor
  })
  return { ...model, close }
}

/** Windows of seeded random tokens. */
export function randomWindows(vocabulary: number, lengths: readonly number[], seed = 7): Int32Array[] {
  const random = seededRandom(seed)
  return lengths.map((length) => Int32Array.from({ length }, () => Math.floor(random() * vocabulary)))
}
