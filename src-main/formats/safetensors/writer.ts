import { open, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { BYTES_PER_ELEMENT } from '../../tensor/dtype.ts'
import type { StoredDtype } from '../../tensor/dtype.ts'
import { elementCount } from '../../tensor/tensor.ts'
import { syncFolderOf } from '../sync-folder.ts'
import { explainWriteFailure } from '../write-failure.ts'
import { openSafetensorsFile } from './file.ts'

/** A tensor as a header lists it. */
export interface SafetensorsEntry {
  readonly name: string
  readonly dtype: StoredDtype
  readonly shape: readonly number[]
}

/** A tensor to write: its bytes come piece by piece, little-endian, and must add up to shape x dtype. */
export interface SafetensorsSource extends SafetensorsEntry {
  chunks(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/**
 * Writes one safetensors file: under a temporary name, synced, reopened and checked, then renamed over `path`. A failure leaves nothing
 * behind. Throws ExpectedError 'disk-full' or 'output-not-writable'; RangeError when a tensor's bytes do not add up.
 * @returns bytes of the file
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly SafetensorsSource[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<number> {
  const header = encodeHeader(tensors, metadata)
  const total = header.byteLength + tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0)
  const partial = `${path}.partial`
  try {
    const handle = await open(partial, 'w')
    try {
      await handle.writeFile(header)
      for (const tensor of tensors) await writeTensor(handle, tensor)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await verify(partial, tensors, total)
    await rename(partial, path)
    await syncFolderOf(path)
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined) // the first failure is the one to tell
    throw explainWriteFailure(error, path, total)
  }
  return total
}

/**
 * The bytes before the tensors: length and JSON, padded with spaces so that the data starts at a multiple of 8, as the format's own
 * writer does. Throws RangeError when a name comes twice.
 */
export function encodeHeader(tensors: readonly SafetensorsEntry[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const entries = new Map<string, unknown>(Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [])
  let offset = 0
  for (const tensor of tensors) {
    if (entries.has(tensor.name)) throw new RangeError(`${tensor.name} is written twice`)
    const end = offset + bytesOf(tensor)
    entries.set(tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [offset, end] })
    offset = end
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)))
  const length = Math.ceil(json.byteLength / 8) * 8
  const header = new Uint8Array(8 + length).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true)
  header.set(json, 8)
  return header
}

async function writeTensor(handle: FileHandle, tensor: SafetensorsSource): Promise<void> {
  let written = 0
  for await (const chunk of tensor.chunks()) {
    await handle.writeFile(chunk)
    written += chunk.byteLength
  }
  if (written !== bytesOf(tensor)) throw new RangeError(`${tensor.name} gave ${written} bytes, not ${bytesOf(tensor)}`)
}

async function verify(path: string, tensors: readonly SafetensorsSource[], total: number): Promise<void> {
  const file = await openSafetensorsFile(path)
  await file.handle.close()
  if (file.bytes !== total || file.spans.length !== tensors.length) throw new Error(`${path} is not what was written`)
}

/** Bytes of one tensor's data. */
export function bytesOf(tensor: Omit<SafetensorsEntry, 'name'>): number {
  return elementCount(tensor.shape) * BYTES_PER_ELEMENT[tensor.dtype]
}
