import type { StoredTensor } from '../calibration/stored-tensors.ts'
import type { MoeModel } from '../model/moe-model.ts'
import type { LazyTensor } from '../tensor/tensor.ts'

/** The checkpoint tensors behind one stored tensor: one, or one per expert in the order they are stacked. */
export function sourcesOf(model: MoeModel, tensor: StoredTensor): readonly LazyTensor[] {
  const { role } = tensor
  if (role === 'embedding' || role === 'outputNorm' || role === 'output') return [model[role]]
  const layer = tensor.layer === null ? undefined : model.layers[tensor.layer]
  if (layer === undefined) throw new RangeError(`no layer ${tensor.layer}`)
  switch (role) {
    case 'expertGate': return layer.experts.map((expert) => expert.gate)
    case 'expertUp': return layer.experts.map((expert) => expert.up)
    case 'expertDown': return layer.experts.map((expert) => expert.down)
    default: return [layer[role]]
  }
}
