import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { ModelFileReason } from '../contract/error-details.ts'
import type { ExpectedError } from '../contract/errors.ts'
import type { Because } from '../contract/reasons.ts'
import { confinedPath, systemCode } from './confined-path.ts'
import { readInto } from './positional-read.ts'

/** Makes the error for a file over its limit, or one that cannot be read. */
export type RefuseFile = (because: Because<ModelFileReason>) => ExpectedError

/**
 * The one door for the small files of a model folder: inside it (no link leads out), regular (no pipe or device, which would never answer)
 * and bounded. Null where there is no such file.
 * @param limit most bytes, of which nothing is read where there are more @param refuse makes the error for a file over the limit, or
 * unreadable
 * @throws what `confinedPath` throws, or what `refuse` makes
 */
export async function readModelFile(folder: string, name: string, limit: number, refuse: RefuseFile): Promise<Buffer | null> {
  return throughDoor(folder, name, refuse, async (file, size) => {
    if (size > limit) throw refuse({ reason: 'too-long', most: limit })
    return readStart(file, size)
  })
}

/** The first `bytes` of such a file, or all of it where it has fewer; otherwise as {@link readModelFile}. */
export async function readModelFileStart(folder: string, name: string, bytes: number, refuse: RefuseFile): Promise<Buffer | null> {
  return throughDoor(folder, name, refuse, (file, size) => readStart(file, Math.min(size, bytes)))
}

async function throughDoor(
  folder: string,
  name: string,
  refuse: RefuseFile,
  read: (file: FileHandle, size: number) => Promise<Buffer>,
): Promise<Buffer | null> {
  try {
    const path = await confinedPath(folder, name)
    if (path === null) return null
    // Not blocking: the place may have become a pipe since it was looked at.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    try {
      const found = await file.stat()
      return found.isFile() ? await read(file, found.size) : null
    } finally {
      await file.close()
    }
  } catch (error) {
    const code = systemCode(error)
    throw code === null ? error : refuse({ reason: 'refused-by-the-system', system: code })
  }
}

/** No more than was there when it was measured: a file may grow while it is read. */
async function readStart(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size)
  return bytes.subarray(0, await readInto(file, bytes, 0))
}
