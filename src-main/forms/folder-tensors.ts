import type { Architecture, LayerRole, ModelRole, ModelShape } from '../architectures/architecture.ts'
import { isExpertRole } from '../architectures/parts.ts'
import { checkpointTensors } from '../architectures/tensor-list.ts'
import type { TensorPlace } from '../architectures/tensor-list.ts'
import type { LayerForm, ModelForm, ProjectionForm } from '../contract/form.ts'
import { bytesOf, encodeHeader } from '../formats/safetensors/writer.ts'
import type { Dtype } from '../tensor/dtype.ts'
import { projectionTensors } from './projection.ts'
import type { TensorEntry } from './stored.ts'

/** One tensor of an exported folder and what it belongs to. */
export interface FolderTensor extends TensorEntry {
  /** Which weight file: 0 holds what lies outside the layers, 1 + layer the rest. */
  readonly shard: number
  readonly layer: number | null
  readonly role: LayerRole | ModelRole
  /** The checkpoint tensor it is, when it is stored plainly; null for parts of a form. */
  readonly place: TensorPlace | null
}

/**
 * Every tensor of an exported folder in the order of writing: outside the layers; then per layer the tensors that exist once, what experts
 * share, and expert by expert the rest, so that a layer is written while one expert is in memory. `source` tells the type of plain tensors.
 * Throws RangeError naming the tensor when a form does not fit the model.
 */
export function folderTensors(
  model: { readonly architecture: Architecture; readonly shape: ModelShape },
  source: (place: TensorPlace) => Dtype,
  form: ModelForm,
): FolderTensor[] {
  const { layers } = model.shape
  if (form.layers.length !== layers) throw new RangeError(`forms for ${form.layers.length} layers, the model has ${layers}`)
  const places = checkpointTensors(model.architecture, model.shape)
  const plain = (place: TensorPlace): FolderTensor => ({
    name: place.name,
    dtype: source(place),
    shape: place.shape,
    expert: place.expert,
    shard: place.layer === null ? 0 : place.layer + 1,
    layer: place.layer,
    role: place.role,
    place,
  })
  const byLayer = Array.from({ length: layers }, (): TensorPlace[] => [])
  for (const place of places) if (place.layer !== null) byLayer[place.layer]?.push(place)
  return [
    ...places.filter((place) => place.layer === null).map(plain),
    ...byLayer.flatMap((inLayer, layer) => layerTensors(layer, inLayer, form.layers[layer] ?? {}, plain)),
  ]
}

/** The places of each role that has a form, in the order of experts. */
export function formedPlaces(places: readonly TensorPlace[], form: LayerForm): Map<keyof LayerForm, TensorPlace[]> {
  const byRole = new Map<keyof LayerForm, TensorPlace[]>()
  for (const place of places) {
    if (!hasForm(form, place.role)) continue
    const list = byRole.get(place.role)
    if (list === undefined) byRole.set(place.role, [place])
    else list.push(place)
  }
  return byRole
}

function hasForm(form: LayerForm, role: LayerRole | ModelRole): role is keyof LayerForm {
  return Object.hasOwn(form, role)
}

function layerTensors(
  layer: number,
  places: readonly TensorPlace[],
  form: LayerForm,
  plain: (place: TensorPlace) => FolderTensor,
): FolderTensor[] {
  const once = places.filter((place) => !isExpertRole(place.role) && !hasForm(form, place.role)).map(plain)
  const shared: FolderTensor[] = []
  const perExpert = new Map<number, FolderTensor[]>()
  const add = (tensor: FolderTensor) => {
    if (tensor.expert === null) return void shared.push(tensor)
    const list = perExpert.get(tensor.expert)
    if (list === undefined) perExpert.set(tensor.expert, [tensor])
    else list.push(tensor)
  }
  for (const place of places) if (isExpertRole(place.role) && !hasForm(form, place.role)) add(plain(place))
  for (const [role, ofRole] of formedPlaces(places, form)) {
    const entries = projectionTensors(form[role] as ProjectionForm, ofRole) // formedPlaces lists roles of the form alone
    for (const entry of entries) add({ ...entry, shard: layer + 1, layer, role, place: null })
  }
  const experts = [...perExpert].sort((a, b) => a[0] - b[0])
  return [...once, ...shared, ...experts.flatMap(([, tensors]) => tensors)]
}

/** What the header of each weight file says besides its tensors; transformers insists on the format. */
export const FOLDER_METADATA: Readonly<Record<string, string>> = { format: 'pt', writer: 'whittle' }

/** Exact bytes of the weight files, headers included: all of them, and each. Throws RangeError when a name comes twice in a file. */
export function folderBytes(
  tensors: readonly FolderTensor[],
  metadata: Readonly<Record<string, string>> = FOLDER_METADATA,
): { readonly total: number; readonly shards: readonly number[] } {
  const shards = shardTensors(tensors).map((inShard) =>
    inShard.reduce((sum, tensor) => sum + bytesOf(tensor), encodeHeader(inShard, metadata).byteLength),
  )
  return { total: shards.reduce((sum, bytes) => sum + bytes, 0), shards }
}

/** The tensors of each weight file, in the order of writing. */
export function shardTensors(tensors: readonly FolderTensor[]): FolderTensor[][] {
  const shards: FolderTensor[][] = []
  for (const tensor of tensors) (shards[tensor.shard] ??= []).push(tensor)
  return shards
}

/** File name of weight file `shard` of `shards`, counted from 0. */
export function shardName(shard: number, shards: number): string {
  const five = (n: number) => String(n).padStart(5, '0')
  return `model-${five(shard + 1)}-of-${five(shards)}.safetensors`
}

/** model.safetensors.index.json: which file holds which tensor. `total_size` counts the tensors alone, as transformers does. */
export function indexJson(tensors: readonly FolderTensor[]): string {
  const shards = shardTensors(tensors).length
  const weightMap = Object.fromEntries(tensors.map(({ name, shard }) => [name, shardName(shard, shards)]))
  const totalSize = tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0)
  return `${JSON.stringify({ metadata: { total_size: totalSize, writer: 'whittle' }, weight_map: weightMap }, null, 2)}\n`
}
