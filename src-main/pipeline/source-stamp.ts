import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Files that say what a model folder is; everything else in it may change. */
const TELLING = /\.(safetensors|json|jinja)$/

/** Size and time of a model folder's own files: as long as it stays the same, so does what was read from them. */
export async function sourceStamp(folder: string): Promise<string> {
  const entries = await readdir(folder).catch(() => []) // no such folder: opening it says so
  const names = entries.filter((name) => TELLING.test(name)).sort()
  const facts = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => null))) // gone since: part of the stamp
  return names.map((name, index) => `${name} ${facts[index]?.size} ${facts[index]?.mtimeMs}`).join(', ')
}
