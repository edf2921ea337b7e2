import { denseLayers } from '../architectures/shape.ts'
import type { Method, ModelOutline } from './method.ts'

/**
 * Why a method can't serve a model: it is about experts and there are none, it looks at the experts of every layer and some have none, or
 * folders of the family are not written.
 */
export type Unsuited = 'no-experts' | 'dense-layers' | 'family-folder'

/** Why a method can't make a GGUF file, or a folder, of a model; null: it can. */
export function whyUnsuited(
  method: Pick<Method, 'experts'>,
  as: 'file' | 'folder',
  { architecture, shape }: Pick<ModelOutline, 'architecture' | 'shape'>,
): Unsuited | null {
  if (method.experts !== 'not-needed' && shape.experts === 0) return 'no-experts'
  if (method.experts === 'in-every-layer' && denseLayers(shape) > 0) return 'dense-layers'
  return as === 'folder' && !architecture.folders ? 'family-folder' : null
}
