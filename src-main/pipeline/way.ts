import { ExpectedError } from '../contract/errors.ts'
import type { FormatName, Recipe } from '../contract/recipe.ts'
import { methodById } from '../methods/index.ts'
import { formatsOf } from '../methods/method.ts'
import type { BlockWay, FormWay, LayerLook, Method } from '../methods/method.ts'

/** A method and what it is asked to write. */
export type Way =
  | { readonly method: Method; readonly format: 'gguf'; readonly blocks: BlockWay }
  | { readonly method: Method; readonly format: Exclude<FormatName, 'gguf'>; readonly forms: FormWay }

/**
 * How a recipe's method makes what is asked for. Throws ExpectedError 'method-unknown', or 'method-not-applicable' {method, format,
 * formats}.
 */
export function wayOf(recipe: Pick<Recipe, 'method' | 'format'>): Way {
  const method = methodById(recipe.method)
  const formats = formatsOf(method)
  const format = recipe.format ?? formats[0]
  if (format === 'gguf' && method.blocks !== null) return { method, format, blocks: method.blocks }
  if (format !== undefined && format !== 'gguf' && method.forms !== null && formats.includes(format))
    return { method, format, forms: method.forms }
  throw new ExpectedError('method-not-applicable', { method: method.id, title: method.title, format, formats })
}

/** What the way looks at in every layer before it plans. */
export function measureOf(way: Way): LayerLook | null {
  return way.format === 'gguf' ? way.blocks.measure : way.forms.measure
}
