import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

/** How much is read at once: large enough to keep a disk busy, small beside one expert layer. */
export const READ_CHUNK_BYTES = 16 * 1024 * 1024

/** Fills `target` from `position` of the file. Returns the bytes read: fewer than asked only where the file ends. */
export async function readInto(handle: FileHandle, target: Uint8Array, position: number): Promise<number> {
  let done = 0
  while (done < target.byteLength) {
    const length = Math.min(target.byteLength - done, READ_CHUNK_BYTES)
    const { bytesRead } = await handle.read(target, done, length, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}

/** SHA-256 of the bytes [start, end) of a file, in hex. Throws RangeError when the file ends earlier. */
export async function sha256OfRange(path: string, start: number, end: number): Promise<string> {
  const handle = await open(path, 'r')
  try {
    return await hashOpened(handle, path, start, end)
  } finally {
    await handle.close()
  }
}

/** The same of an open file; `path` is for the error. */
export async function hashOpened(handle: FileHandle, path: string, start: number, end: number): Promise<string> {
  const hash = createHash('sha256')
  const buffer = new Uint8Array(Math.min(READ_CHUNK_BYTES, Math.max(end - start, 1)))
  for (let at = start; at < end;) {
    const piece = buffer.subarray(0, Math.min(buffer.byteLength, end - at))
    if ((await readInto(handle, piece, at)) < piece.byteLength) throw new RangeError(`${path} ends before byte ${end}`)
    hash.update(piece)
    at += piece.byteLength
  }
  return hash.digest('hex')
}
