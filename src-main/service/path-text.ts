import { withoutScheme } from '../contract/resource-name.ts'

/** Characters that end a path in running text. */
const END = `\\n\\r\\t'"\`<>|,;()\\[\\]{}`

/** What follows a root: all up to the last separator, and the word after that; names with spaces and a known ending count as one. */
const TAIL =
  `(?:[^${END}]*[\\\\/])?` +
  `(?:[^${END}\\\\/]*\\.(?:gguf|safetensors|json|jsonl|txt|md|db|log|statistics|partial|bin|node|so|dll|dylib|ts|js|cjs|mjs)(?![\\w-])|[^${END}\\\\/\\s]*)`

/** A whole path in running text, from a root of POSIX, a home folder, a Windows drive, a share or a file: address. */
const PATH = new RegExp(
  `(?<![\\w.~/\\\\-])(?:file:\\/\\/\\/?)?(?:~?\\/(?![\\/\\s])|[A-Za-z]:(?:\\\\\\\\|[\\\\/])|\\\\\\\\(?:\\\\\\\\)?(?=[\\w.?]))${TAIL}`,
  'g',
)

/** Every absolute path of a text, replaced. */
export function replacePaths(text: string, replace: (path: string) => string): string {
  return /[\\/]/.test(text) ? text.replace(PATH, replace) : text
}

/** Every path to or into a folder, replaced, wherever it stands. */
export function replaceUnder(text: string, folder: string, replace: (path: string) => string): string {
  if (!text.includes(folder)) return text
  const escaped = folder.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return text.replace(new RegExp(`${escaped}(?![\\w-])(?:[\\\\/]+${TAIL})?`, 'g'), replace)
}

/**
 * The last name of a path of any system; a home folder, which is named after its owner, gives '~'. What comes with Whittle loses its
 * scheme.
 */
export function lastName(path: string): string {
  const parts = withoutScheme(path)
    .split(/[\\/]+/)
    .filter((part) => part !== '')
  const [first = '', second] = parts[0] !== undefined && /^[A-Za-z]:$|^file:$/.test(parts[0]) ? parts.slice(1) : parts
  if (second !== undefined && /^(home|users)$/i.test(first) && parts.at(-1) === second) return '~'
  return parts.at(-1) ?? ''
}

/** Whether all of a text is one absolute path. */
export function isWholePath(text: string): boolean {
  return /^(?:~?\/|[A-Za-z]:[\\/]|\\\\|file:\/\/)[^\n\r\0]+$/.test(text) && !/^\/\//.test(text)
}
