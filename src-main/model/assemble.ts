import type { Architecture, LayerRole, ModelRole, ModelShape } from '../architectures/architecture.ts'
import type { TensorPlace } from '../architectures/tensor-list.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { LazyTensor } from '../tensor/tensor.ts'
import { isExpertRole, layerParts, modelParts } from '../architectures/parts.ts'
import { expertsOf } from '../architectures/shape.ts'
import type { Expert, MoeLayer, MoeModel, SingleRole } from './moe-model.ts'

/** Looks a tensor up by what it does. */
export type FindTensor = (role: LayerRole | ModelRole, layer: number | null, expert: number | null) => LazyTensor

/**
 * Matches a source's tensors with the places of an architecture, one to one; ends at the first that is missing, however many would follow.
 * Throws ExpectedError 'tensor-missing' {tensor}, 'tensor-unexpected' {tensor} or 'tensor-shape' {tensor, shape, expected}.
 */
export function matchTensors(places: Iterable<TensorPlace>, tensors: ReadonlyMap<string, LazyTensor>): FindTensor {
  const byPlace = new Map<string, LazyTensor>()
  const names = new Set<string>()
  for (const place of places) {
    const tensor = tensors.get(place.name)
    if (tensor === undefined) throw new ExpectedError('tensor-missing', { tensor: place.name })
    if (tensor.shape.join(' ') !== place.shape.join(' ')) {
      throw new ExpectedError('tensor-shape', { tensor: place.name, shape: tensor.shape, expected: place.shape })
    }
    names.add(place.name)
    byPlace.set(key(place.role, place.layer, place.expert), tensor)
  }
  for (const name of tensors.keys()) if (!names.has(name)) throw new ExpectedError('tensor-unexpected', { tensor: name })
  return (role, layer, expert) => {
    const tensor = byPlace.get(key(role, layer, expert))
    if (tensor === undefined) throw new RangeError(`no tensor for ${key(role, layer, expert)}`)
    return tensor
  }
}

/** Builds the model around its tensors. `expertOf` finds one expert's matrix. */
export function assembleModel(architecture: Architecture, shape: ModelShape, find: FindTensor, close: () => Promise<void>): MoeModel {
  const embedding = find('embedding', null, null)
  return {
    architecture,
    shape,
    embedding,
    layers: Array.from({ length: shape.layers }, (_, layer) => assembleLayer(layer, shape, find)),
    outputNorm: find('outputNorm', null, null),
    ropeFactors: modelParts(shape).some(({ role }) => role === 'ropeFactors') ? find('ropeFactors', null, null) : null,
    output: shape.tiedEmbeddings ? embedding : find('output', null, null),
    close,
  }
}

function assembleLayer(index: number, shape: ModelShape, find: FindTensor): MoeLayer {
  const roles = layerParts(shape, index)
    .filter(({ role, heldBy }) => heldBy !== 'checkpoint' && !isExpertRole(role))
    .map(({ role }) => role as SingleRole)
  return {
    index,
    tensors: Object.fromEntries(roles.map((role) => [role, find(role, index, null)])),
    experts: Array.from({ length: expertsOf(shape, index) }, (_, expert): Expert => ({
      gate: find('expertGate', index, expert),
      up: find('expertUp', index, expert),
      down: find('expertDown', index, expert),
    })),
  }
}

function key(role: string, layer: number | null, expert: number | null): string {
  return `${role} ${layer ?? ''} ${expert ?? ''}`
}
