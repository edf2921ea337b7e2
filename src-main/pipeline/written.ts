import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { FormatName } from '../contract/recipe.ts'
import { sha256OfRange } from '../formats/positional-read.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { openExport } from '../model/open-export.ts'
import { openGgufModel } from '../model/open-gguf.ts'
import type { Tools } from './tools.ts'

/** Opens what a run wrote, to be judged on its own decoded weights. Close it afterwards. */
export function openWritten(path: string, format: FormatName, { kernels, forward }: Pick<Tools, 'kernels' | 'forward'>): Promise<MoeModel> {
  if (format === 'gguf') return openGgufModel(path, kernels)
  return openExport(path, kernels, { multiply: (a, b) => forward.matrices.product(a, b) })
}

/** Whether a path is a folder of weights or one file; where there is nothing, opening it as a file says why. */
export async function formatAt(path: string): Promise<FormatName> {
  const facts = await stat(path).catch(() => null) // not there, or not reachable
  return facts?.isDirectory() === true ? 'safetensors' : 'gguf'
}

/** Bytes of what a run wrote: of the file, or of the folder's weight files. */
export async function bytesWritten(path: string, format: FormatName): Promise<number> {
  const sizes = await Promise.all((await weightFiles(path, format)).map((file) => stat(file).then(({ size }) => size)))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/**
 * Hash of what a run wrote. A folder has that of the lines `<sha256>  <name>` of its weight files in the order of their names, as sha256sum
 * prints them.
 */
export async function hashWritten(path: string, format: FormatName): Promise<string> {
  if (format === 'gguf') return sha256OfRange(path, 0, (await stat(path)).size)
  const hash = createHash('sha256')
  for (const file of await weightFiles(path, format))
    hash.update(`${await sha256OfRange(file, 0, (await stat(file)).size)}  ${basename(file)}\n`)
  return hash.digest('hex')
}

async function weightFiles(path: string, format: FormatName): Promise<string[]> {
  if (format === 'gguf') return [path]
  return (await readdir(path))
    .filter((name) => name.endsWith('.safetensors'))
    .sort()
    .map((name) => join(path, name))
}
