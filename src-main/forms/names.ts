import type { TensorPlace } from '../architectures/tensor-list.ts'

/** The module a checkpoint tensor belongs to: its name without `.weight`. */
export function moduleName(place: TensorPlace): string {
  return place.name.replace(/\.weight$/, '')
}

/**
 * The module that holds what the experts of a projection share: `a.mlp.experts.3.gate_proj.weight` gives `a.mlp.gate_factors`, a matrix
 * that exists once has its own: `a.self_attn.q_proj.weight` gives `a.self_attn.q_factors`.
 */
export function groupName(place: TensorPlace): string {
  const parts = moduleName(place).split('.')
  const projection = (parts.pop() ?? '').replace(/_proj$/, '')
  const owner = place.expert === null ? parts : parts.slice(0, -2)
  return [...owner, `${projection}_factors`].join('.')
}
