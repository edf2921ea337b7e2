import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'

/** Files of a checkpoint folder by which people name it. */
const PART_OF_A_CHECKPOINT = /^config\.json$|\.safetensors(\.index\.json)?$/

/** The checkpoint folder a path means: the folder itself, or the one that a named shard, its index or config.json lies in. */
export async function modelFolder(path: string): Promise<string> {
  if (!PART_OF_A_CHECKPOINT.test(basename(path))) return path
  const found = await stat(path).catch(() => null) // not there: opening it says so
  return found?.isFile() === true ? dirname(path) : path
}
