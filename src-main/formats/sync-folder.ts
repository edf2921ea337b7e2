import { open } from 'node:fs/promises'
import path from 'node:path'

/** Makes a rename inside a file's folder durable. Windows has no such call: there the rename is already journaled. */
export async function syncFolderOf(file: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path.dirname(file), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
