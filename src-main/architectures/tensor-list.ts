import type { Architecture, LayerRole, ModelRole, ModelShape } from './architecture.ts'
import { isExpertRole, layerName, layerParts, modelName, modelParts, type Part } from './parts.ts'
import { expertsOf } from './shape.ts'

/** One tensor a model of some shape must have: what it does, where, and how it is stored. Shape in PyTorch order. */
export interface TensorPlace {
  readonly role: LayerRole | ModelRole
  /** Layer number, or null outside the layers. */
  readonly layer: number | null
  /** Expert number, or null for tensors that are not one expert's (stacked ones included). */
  readonly expert: number | null
  readonly name: string
  readonly shape: readonly number[]
}

/** Every tensor of a checkpoint of `shape`, one entry per expert matrix, tensors outside the layers first. */
export function checkpointTensors(architecture: Architecture, shape: ModelShape): TensorPlace[] {
  return [...eachCheckpointTensor(architecture, shape)]
}

/** The same one by one, for a shape that nobody has checked: a config of a few bytes may speak of millions. */
export function* eachCheckpointTensor(architecture: Architecture, shape: ModelShape): Generator<TensorPlace> {
  yield* modelPlaces(shape, 'checkpoint')
  for (let layer = 0; layer < shape.layers; layer++) {
    const parts = layerParts(shape, layer).filter(({ heldBy }) => heldBy !== 'canonical')
    const named = parts.map((part) => ({ ...part, name: layerName(architecture, 'checkpoint', part.role, layer) }))
    for (const { role, name, shape: size } of named) if (!isExpertRole(role)) yield { role, layer, expert: null, name, shape: size }
    for (let expert = 0; expert < expertsOf(shape, layer); expert++) {
      for (const { role, name, shape: size } of named) {
        if (isExpertRole(role)) yield { role, layer, expert, name: name.replace('{expert}', String(expert)), shape: size }
      }
    }
  }
}

/**
 * Every tensor of a GGUF file of `shape`, in the order Whittle writes them: outside the layers first, then layer by layer.
 * Expert matrices are stacked: (experts, rows, columns).
 */
export function ggufTensors(architecture: Architecture, shape: ModelShape): TensorPlace[] {
  const places = modelPlaces(shape, 'gguf')
  for (let layer = 0; layer < shape.layers; layer++) {
    for (const part of layerParts(shape, layer)) {
      if (part.heldBy === 'checkpoint') continue
      const { role } = part
      const size = ggufShape(part)
      const stacked = isExpertRole(role) ? [expertsOf(shape, layer), ...size] : size
      places.push({ role, layer, expert: null, name: layerName(architecture, 'gguf', role, layer), shape: stacked })
    }
  }
  return places
}

function ggufShape(part: Part): readonly number[] {
  return part.ggufShape ?? part.shape
}

function modelPlaces(shape: ModelShape, container: 'checkpoint' | 'gguf'): TensorPlace[] {
  const other = container === 'checkpoint' ? 'canonical' : 'checkpoint'
  return modelParts(shape)
    .filter(({ heldBy }) => heldBy !== other)
    .map(({ role, shape: size }) => ({ role, layer: null, expert: null, name: modelName(container, role), shape: size }))
}
