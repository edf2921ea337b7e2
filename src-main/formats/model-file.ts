import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { ExpectedError } from '../contract/errors.ts'
import { confinedPath } from './confined-path.ts'

/**
 * The one door for the small files of a model folder: inside it (no link leads out), regular (no pipe or device, which would never answer) and
 * bounded. Null where there is no such file.
 * @param limit most bytes, of which nothing is read where there are more @param refuse makes the error for a file over the limit
 * @throws ExpectedError 'shard-path-escapes' {folder, file}, or what `refuse` makes
 */
export async function readModelFile(folder: string, name: string, limit: number, refuse: (problem: string) => ExpectedError): Promise<Buffer | null> {
  const path = await confinedPath(folder, name)
  if (path === null) return null
  // Not blocking: the place may have become a pipe since it was looked at.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const found = await file.stat()
    if (!found.isFile()) return null
    if (found.size > limit) throw refuse(`is longer than ${limit} bytes`)
    return await file.readFile()
  } finally {
    await file.close()
  }
}
