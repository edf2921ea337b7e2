import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { ExpectedError } from '../../contract/errors.ts'
import { readInto } from '../positional-read.ts'
import { headerLength, LENGTH_BYTES, parseHeader } from './header.ts'
import type { TensorSpan } from './header.ts'

/** One safetensors file, its header read and checked, its data untouched. */
export interface SafetensorsFile {
  readonly path: string
  readonly bytes: number
  readonly spans: readonly TensorSpan[]
  readonly handle: FileHandle
}

/** Opens one file; the caller closes `handle`. Throws ExpectedError 'shard-missing' and what `headerLength` and `parseHeader` throw. */
export async function openSafetensorsFile(path: string): Promise<SafetensorsFile> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw new ExpectedError('shard-missing', { path, reason: 'unreadable' }, { cause: error })
  })
  try {
    const { size } = await handle.stat()
    const first = new Uint8Array(LENGTH_BYTES + 1)
    const got = await readInto(handle, first, 0)
    const header = new Uint8Array(headerLength(first.subarray(0, got), size, path))
    await readInto(handle, header, LENGTH_BYTES)
    return { path, bytes: size, spans: parseHeader(header, size, path), handle }
  } catch (error) {
    await handle.close()
    throw error
  }
}
