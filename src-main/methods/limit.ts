import type { TensorPlace } from '../architectures/tensor-list.ts'
import { isExpertRole } from '../architectures/parts.ts'
import { denseLayers } from '../architectures/shape.ts'
import type { ModelForm } from '../contract/form.ts'
import { folderBytes, folderTensors } from '../forms/folder-tensors.ts'
import type { FolderTensor } from '../forms/folder-tensors.ts'
import { BYTES_PER_ELEMENT } from '../tensor/dtype.ts'
import { elementCount } from '../tensor/tensor.ts'
import type { ModelOutline } from './method.ts'

/** What a plan may spend: bytes of the whole file, mean bits of the experts' weights, or the share of the experts' parameters to keep. */
export type Limit =
  | { readonly kind: 'bytes'; readonly bytes: number }
  /** Mean code width over the expert weights; scales and zero points are not counted, as in the papers. */
  | { readonly kind: 'expert-bits'; readonly bits: number }
  /** 0..1 of the expert parameters. A stored number counts as one parameter, an 8-bit one as half. */
  | { readonly kind: 'expert-share'; readonly kept: number }

/** Whether a folder of this form keeps the limit. Bits are the method's own affair: it knows the widths it chose. */
export function keepsLimit(outline: ModelOutline, form: ModelForm, limit: Exclude<Limit, { kind: 'expert-bits' }>): boolean {
  const tensors = outlineTensors(outline, form)
  if (limit.kind === 'bytes') return folderBytes(tensors).total <= limit.bytes
  return expertParameters(tensors) <= limit.kept * plainExpertParameters(outline) + 1e-6
}

/** The tensors of the folder to be. */
export function outlineTensors(outline: ModelOutline, form: ModelForm): FolderTensor[] {
  return folderTensors(outline, (place: TensorPlace) => outline.dtypeOf(place), form)
}

/** Exact bytes of the folder of a form. */
export function bytesOfForm(outline: ModelOutline, form: ModelForm): number {
  return folderBytes(outlineTensors(outline, form)).total
}

/** A form in which every matrix stays as it is. */
export function plainForm(outline: ModelOutline): ModelForm {
  return { version: 1, layers: Array.from({ length: outline.shape.layers }, () => ({})), pruning: null }
}

/** Parameters of all experts as the model has them. */
export function plainExpertParameters({ shape }: ModelOutline): number {
  return 3 * (shape.layers - denseLayers(shape)) * shape.experts * shape.hidden * shape.expertWidth
}

/** Numbers stored for the experts, by two bytes each; plain matrices count one a weight whatever they are stored as. */
export function expertParameters(tensors: readonly FolderTensor[]): number {
  return tensors
    .filter((tensor) => isExpertRole(tensor.role))
    .reduce((sum, { dtype, shape, place }) => {
      return sum + elementCount(shape) * (place === null ? BYTES_PER_ELEMENT[dtype] / 2 : 1)
    }, 0)
}
