import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Bytes of a file, or of the files of a folder; 0 where there is nothing. Folders inside a folder are not ours and do not count. */
export async function sizeAt(path: string): Promise<number> {
  const facts = await stat(path).catch(() => null) // nothing there
  if (facts === null) return 0
  if (!facts.isDirectory()) return facts.size
  const sizes = await Promise.all(
    (await readdir(path)).map((name) => stat(join(path, name)).then((file) => (file.isFile() ? file.size : 0))),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
