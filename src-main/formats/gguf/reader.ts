import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { addFacts, ExpectedError } from '../../contract/errors.ts'
import type { Kernels } from '../../kernels/kernels.ts'
import { rowBytes } from '../../tensor/ggml-type.ts'
import { assertOneArray } from '../../tensor/pieces.ts'
import { elementCount } from '../../tensor/tensor.ts'
import type { LazyTensor } from '../../tensor/tensor.ts'
import { READ_CHUNK_BYTES, readInto } from '../positional-read.ts'
import { WindowTooSmall } from './byte-cursor.ts'
import { parseGgufHeader } from './header.ts'
import type { GgufHeader } from './header.ts'
import type { GgufTensorPlace } from './layout.ts'
import { GGUF_LIMITS as LIMITS } from './limits.ts'

/** The decoding half of the kernels. */
export type Decoder = Pick<Kernels, 'decode'>

/** An open GGUF file: metadata, and every tensor by name, decoded as asked for. */
export interface GgufFile extends GgufHeader {
  readonly path: string
  readonly bytes: number
  readonly lazy: ReadonlyMap<string, LazyTensor>
  close(): Promise<void>
}

const FIRST_WINDOW = 1024 * 1024

/** Opens a file and checks its header. Throws ExpectedError 'gguf-invalid' {path, reason}. */
export async function openGguf(path: string, decoder: Decoder): Promise<GgufFile> {
  const handle = await openFile(path)
  try {
    const found = await handle.stat()
    if (!found.isFile()) throw new ExpectedError('gguf-invalid', { path, reason: 'not-a-file' })
    const header = await readGgufHeader(handle, found.size, path)
    const lazy = new Map(header.tensors.map((place) => [place.name, lazyTensor(handle, path, place, decoder)]))
    return { ...header, path, bytes: found.size, lazy, close: () => handle.close() }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Reads and checks the header of an open file, in windows that grow until it fits. Throws ExpectedError 'gguf-invalid' {path, reason}. */
export async function readGgufHeader(handle: FileHandle, fileBytes: number, path: string): Promise<GgufHeader> {
  for (let windowBytes = FIRST_WINDOW; windowBytes <= LIMITS.headerBytes; windowBytes *= 4) {
    const window = new Uint8Array(Math.min(windowBytes, fileBytes))
    if ((await readInto(handle, window, 0)) < window.byteLength) throw new ExpectedError('gguf-invalid', { path, reason: 'shrank' })
    try {
      return parseGgufHeader(window, fileBytes)
    } catch (error) {
      if (error instanceof ExpectedError) throw addFacts(error, { path })
      if (!(error instanceof WindowTooSmall)) throw error
    }
  }
  throw new ExpectedError('gguf-invalid', { path, reason: 'header-long', most: LIMITS.headerBytes })
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    throw new ExpectedError('gguf-invalid', { path, reason: 'unreadable' }, { cause: error })
  }
}

function lazyTensor(handle: FileHandle, path: string, place: GgufTensorPlace, decoder: Decoder): LazyTensor {
  const columns = place.shape.at(-1) ?? 1
  const rows = elementCount(place.shape) / columns
  const readRows = (start: number, count: number) => {
    if (start < 0 || count < 0 || start + count > rows) throw new RangeError(`${place.name} has no rows ${start}+${count}`)
    return decodeRows(handle, path, place, start, count, decoder)
  }
  return {
    name: place.name,
    storage: place.type,
    shape: place.shape,
    bytes: place.bytes,
    read: async () => readRows(0, rows),
    readRows: async (start, count) => readRows(start, count),
  }
}

/** Rows [start, start + count), decoded piece by piece so that only the result is large. */
async function decodeRows(
  handle: FileHandle,
  path: string,
  place: GgufTensorPlace,
  start: number,
  count: number,
  decoder: Decoder,
): Promise<Float32Array> {
  const columns = place.shape.at(-1) ?? 1
  assertOneArray(place.name, count * columns)
  const perRow = rowBytes(place.type, columns)
  const perPiece = Math.max(1, Math.floor(READ_CHUNK_BYTES / perRow))
  const piece = async (first: number, rows: number) => {
    const bytes = new Uint8Array(rows * perRow)
    const got = await readInto(handle, bytes, place.position + first * perRow)
    if (got < bytes.byteLength) throw new ExpectedError('gguf-invalid', { path, tensor: place.name, reason: 'ends-inside' })
    return decoder.decode(place.type, bytes, columns)
  }
  if (count <= perPiece) return piece(start, count)
  const all = new Float32Array(count * columns)
  for (let at = 0; at < count; at += perPiece) all.set(await piece(start + at, Math.min(perPiece, count - at)), at * columns)
  return all
}
