import type { GgufValue } from '../../architectures/architecture.ts'
import { ExpectedError } from '../../contract/errors.ts'
import { GGML_TYPES } from '../../tensor/ggml-type.ts'
import type { GgmlType } from '../../tensor/ggml-type.ts'
import { elementCount } from '../../tensor/tensor.ts'
import { ByteCursor } from './byte-cursor.ts'
import { MAGIC, tensorBytes, VERSION } from './layout.ts'
import type { GgufTensorPlace } from './layout.ts'
import { DEFAULT_ALIGNMENT, GGUF_LIMITS as LIMITS, padded } from './limits.ts'
import { decodeEntry } from './metadata.ts'

/** A GGUF header, checked. Shapes in PyTorch order. */
export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, GgufValue>
  readonly tensors: readonly GgufTensorPlace[]
  /** Bytes before the first tensor, padding included. */
  readonly headerBytes: number
}

type TensorInfo = Omit<GgufTensorPlace, 'position'>

const TYPE_BY_ID: ReadonlyMap<number, GgmlType> = new Map(Object.values(GGML_TYPES).map((type) => [type.id, type]))

/** Bytes of the smallest tensor info: name length, 1 letter, dimensions, one size, type, offset. */
const SMALLEST_INFO = 8 + 1 + 4 + 8 + 4 + 8
/** Bytes of the smallest key with its value: key length, 1 letter, type, one byte. */
const SMALLEST_ENTRY = 8 + 1 + 4 + 1

/**
 * Parses the header from the first bytes of a file of `fileBytes` and checks every claim: known types, whole blocks, unique
 * names, tensors one after another without gap or overlap, all inside the file and nothing behind them.
 * Throws ExpectedError 'gguf-invalid' {reason}; WindowTooSmall when `window` ends before the header.
 */
export function parseGgufHeader(window: Uint8Array, fileBytes: number): GgufHeader {
  const cursor = new ByteCursor(window, fileBytes)
  checkMagic(cursor)
  const tensorCount = cursor.count(LIMITS.tensors, SMALLEST_INFO, 'tensor count')
  const metadata = readMetadata(cursor)
  const alignment = readAlignment(metadata)
  const infos = readTensorInfos(cursor, tensorCount, alignment)
  const headerBytes = padded(cursor.at, alignment)
  const tensors = infos.map((info) => ({ ...info, position: headerBytes + info.offset }))
  checkExtent(tensors, headerBytes, alignment, fileBytes)
  return { metadata, tensors, headerBytes }
}

function checkMagic(cursor: ByteCursor): void {
  if (cursor.u32() !== MAGIC) throw invalid('does not start with GGUF')
  const version = cursor.u32()
  if (version === VERSION) return
  throw invalid(version === VERSION << 24 ? 'is big-endian' : `is version ${version}, not ${VERSION}`)
}

function readMetadata(cursor: ByteCursor): Map<string, GgufValue> {
  const count = cursor.count(LIMITS.keys, SMALLEST_ENTRY, 'key count')
  const metadata = new Map<string, GgufValue>()
  for (let i = 0; i < count; i++) {
    const [key, value] = decodeEntry(cursor)
    if (metadata.has(key)) throw invalid(`key ${key} appears twice`)
    metadata.set(key, value)
  }
  return metadata
}

function readAlignment(metadata: ReadonlyMap<string, GgufValue>): number {
  const stated = metadata.get('general.alignment')
  if (stated === undefined) return DEFAULT_ALIGNMENT
  const value = stated.type === 'u32' ? stated.value : 0
  const isPower = value >= LIMITS.smallestAlignment && value <= LIMITS.largestAlignment && (value & (value - 1)) === 0
  if (!isPower) throw invalid('general.alignment is not a power of two from 8 to 1 MiB')
  return value
}

function readTensorInfos(cursor: ByteCursor, count: number, alignment: number): TensorInfo[] {
  const infos: TensorInfo[] = []
  const names = new Set<string>()
  let expected = 0
  for (let i = 0; i < count; i++) {
    const info = readTensorInfo(cursor, alignment)
    if (names.has(info.name)) throw invalid(`tensor ${info.name} appears twice`)
    if (info.offset % alignment !== 0) throw invalid(`tensor ${info.name} is not aligned to ${alignment}`)
    if (info.offset < expected) throw invalid(`tensor ${info.name} overlaps the one before it`)
    if (info.offset > expected) throw invalid(`unused bytes before tensor ${info.name}`)
    names.add(info.name)
    infos.push(info)
    expected += info.paddedBytes
  }
  return infos
}

function readTensorInfo(cursor: ByteCursor, alignment: number): TensorInfo {
  const name = cursor.string(LIMITS.tensorNameBytes, 'tensor name')
  if (name === '') throw invalid('a tensor has no name')
  const dimensions = cursor.u32()
  if (dimensions < 1 || dimensions > LIMITS.dimensions) throw invalid(`tensor ${name} has ${dimensions} dimensions`)
  const shape = Array.from({ length: dimensions }, () => cursor.i64()).reverse()
  if (shape.some((size) => size < 1) || !Number.isSafeInteger(elementCount(shape) * 4))
    throw invalid(`tensor ${name} has sizes ${shape.join(' x ')}`)
  const id = cursor.i32()
  const type = TYPE_BY_ID.get(id)
  if (type === undefined) throw invalid(`tensor ${name} is of type ${id}, which is unknown here`)
  if ((shape.at(-1) ?? 0) % type.blockWeights !== 0) throw invalid(`rows of tensor ${name} are not whole ${type.name} blocks`)
  const bytes = tensorBytes({ name, type: type.name, shape })
  return { name, type: type.name, shape, offset: cursor.u64(), bytes, paddedBytes: padded(bytes, alignment) }
}

/** llama.cpp's writer pads after the last tensor, others do not: both ends are right, anything else is not. */
function checkExtent(tensors: readonly GgufTensorPlace[], headerBytes: number, alignment: number, fileBytes: number): void {
  const last = tensors.at(-1)
  const end = last === undefined ? headerBytes : last.position + last.bytes
  if (end > fileBytes) throw invalid(`the file has ${fileBytes} bytes, its tensors end at ${end}`)
  if (fileBytes > padded(end, alignment)) throw invalid(`${fileBytes - end} unused bytes after the last tensor`)
}

function invalid(reason: string): ExpectedError {
  return new ExpectedError('gguf-invalid', { reason })
}
