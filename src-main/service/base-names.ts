import { isResourceName } from '../contract/resource-name.ts'
import { isWholePath, lastName, replacePaths, replaceUnder } from './path-text.ts'

/** Fields that hold a path, also a relative one. */
const PATH_FIELDS: ReadonlySet<string> = new Set(['modelPath', 'corpusPath', 'heldOutPath', 'outPath', 'path', 'folder', 'file'])

/**
 * A JSON value in which every path, alone or in running text, is reduced to its last name: what a run tells to another machine must not say
 * whose machine this is. `folders` are those known here, so that also what the text does not show to be a path is found.
 */
export function toBaseNames<T>(value: T, folders: readonly string[]): T {
  const known = folders
    .filter((folder) => folder.length > 1)
    .flatMap(spellings)
    .sort((a, b) => b.length - a.length)
  return reduce(value, known, '') as T // same shape: only texts change
}

/** A folder as it stands in a text, and in JSON inside a text. */
function spellings(folder: string): string[] {
  return [...new Set([folder, JSON.stringify(folder).slice(1, -1)])]
}

function reduce(value: unknown, known: readonly string[], field: string): unknown {
  if (typeof value === 'string') return PATH_FIELDS.has(field) ? nameIn(value) : reduceText(value, known)
  if (Array.isArray(value)) return value.map((item) => reduce(item, known, field))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [reduceText(key, known), reduce(item, known, key)]))
}

/** The last name of what a path field holds; never nothing, which would be no path. */
function nameIn(path: string): string {
  if (!/[\\/]/.test(path) && !isResourceName(path)) return path
  const name = lastName(path)
  return name === '' ? 'root' : name
}

function reduceText(text: string, known: readonly string[]): string {
  if (!/[\\/]/.test(text)) return text
  if (isWholePath(text)) return nameIn(text)
  return replacePaths(
    known.reduce((rest, folder) => replaceUnder(rest, folder, nameIn), text),
    nameIn,
  )
}
