import type { TensorPlace } from '../architectures/tensor-list.ts'
import type { ProjectionForm } from '../contract/form.ts'
import { factoredTensors } from './factored.ts'
import { packedTensors } from './packed.ts'
import type { TensorEntry } from './stored.ts'

/**
 * The stored tensors of one projection of one layer; `places` are its checkpoint matrices, one per expert or a single one.
 * Throws RangeError naming the tensor when the form does not fit.
 */
export function projectionTensors(form: ProjectionForm, places: readonly TensorPlace[]): TensorEntry[] {
  return form.kind === 'packed' ? packedTensors(form, places) : factoredTensors(form, places)
}
