import { denseLayers } from '../architectures/shape.ts'
import type { FormatName } from '../contract/recipe.ts'
import { formatsOf, type Method, type ModelOutline } from './method.ts'

/**
 * Why a method can't serve a model: it is about experts and there are none, it looks at the experts of every layer and some have none, or
 * folders of the family are not written.
 */
export type Unsuited = 'no-experts' | 'dense-layers' | 'family-folder'

/** Why a method can't make a GGUF file, or a folder, of a model; null: it can. */
export function whyUnsuited(
  method: Pick<Method, 'needsExperts'>,
  as: 'file' | 'folder',
  { architecture, shape }: Pick<ModelOutline, 'architecture' | 'shape'>,
): Unsuited | null {
  if (method.needsExperts && shape.experts === 0) return 'no-experts'
  if (method.needsExperts && denseLayers(shape) > 0) return 'dense-layers'
  return as === 'folder' && !architecture.folders ? 'family-folder' : null
}

/** Formats a method can make of a model, its own default first. */
export function suitedFormats(method: Method, model: Pick<ModelOutline, 'architecture' | 'shape'>): FormatName[] {
  const suits = (as: 'file' | 'folder'): boolean => whyUnsuited(method, as, model) === null
  return formatsOf({ blocks: suits('file') ? method.blocks : null, forms: suits('folder') ? method.forms : null })
}
