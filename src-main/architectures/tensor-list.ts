import type { Architecture, LayerRole, ModelRole, ModelShape } from './architecture.ts'

/** The roles that exist once per expert. */
export const EXPERT_ROLES = ['expertGate', 'expertUp', 'expertDown'] as const
export type ExpertRole = (typeof EXPERT_ROLES)[number]

/** The order in which a layer's tensors are written. */
const LAYER_ORDER: readonly LayerRole[] = [
  'attentionNorm',
  'query',
  'key',
  'value',
  'attentionOutput',
  'queryNorm',
  'keyNorm',
  'expertNorm',
  'router',
  ...EXPERT_ROLES,
]

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

/** Whether a role exists once per expert. */
export function isExpertRole(role: LayerRole | ModelRole): role is ExpertRole {
  return (EXPERT_ROLES as readonly string[]).includes(role)
}

/** Every tensor of a checkpoint of `shape`, one entry per expert matrix, tensors outside the layers first. */
export function checkpointTensors(architecture: Architecture, shape: ModelShape): TensorPlace[] {
  return [...eachCheckpointTensor(architecture, shape)]
}

/** The same one by one, for a shape that nobody has checked: a config of a few bytes may speak of millions. */
export function* eachCheckpointTensor(architecture: Architecture, shape: ModelShape): Generator<TensorPlace> {
  yield* modelPlaces(architecture, shape, 'checkpoint')
  for (let layer = 0; layer < shape.layers; layer++) {
    for (const role of LAYER_ORDER) {
      const template = architecture.layerRoles[role].checkpoint
      const size = architecture.roleShape(role, shape)
      if (!isExpertRole(role)) yield { role, layer, expert: null, name: fill(template, layer, null), shape: size }
    }
    for (let expert = 0; expert < shape.experts; expert++) {
      for (const role of EXPERT_ROLES) {
        const name = fill(architecture.layerRoles[role].checkpoint, layer, expert)
        yield { role, layer, expert, name, shape: architecture.roleShape(role, shape) }
      }
    }
  }
}

/**
 * Every tensor of a GGUF file of `shape`, in the order Whittle writes them: outside the layers first, then layer by layer.
 * Expert matrices are stacked: (experts, rows, columns).
 */
export function ggufTensors(architecture: Architecture, shape: ModelShape): TensorPlace[] {
  const places = modelPlaces(architecture, shape, 'gguf')
  for (let layer = 0; layer < shape.layers; layer++) {
    for (const role of LAYER_ORDER) {
      const size = architecture.roleShape(role, shape)
      const stacked = isExpertRole(role) ? [shape.experts, ...size] : size
      places.push({ role, layer, expert: null, name: fill(architecture.layerRoles[role].gguf, layer, null), shape: stacked })
    }
  }
  return places
}

function modelPlaces(architecture: Architecture, shape: ModelShape, container: 'checkpoint' | 'gguf'): TensorPlace[] {
  const roles: ModelRole[] = shape.tiedEmbeddings ? ['embedding', 'outputNorm'] : ['embedding', 'outputNorm', 'output']
  return roles.map((role) => ({
    role,
    layer: null,
    expert: null,
    name: architecture.modelRoles[role][container],
    shape: architecture.roleShape(role, shape),
  }))
}

function fill(template: string, layer: number, expert: number | null): string {
  const named = template.replace('{layer}', String(layer))
  return expert === null ? named : named.replace('{expert}', String(expert))
}
