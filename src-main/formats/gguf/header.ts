import type { GgufValue } from '../../architectures/architecture.ts'
import { GGML_TYPES } from '../../tensor/ggml-type.ts'
import type { GgmlType } from '../../tensor/ggml-type.ts'
import { elementCount } from '../../tensor/tensor.ts'
import { ByteCursor, invalidGguf } from './byte-cursor.ts'
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
  const tensorCount = cursor.count(LIMITS.tensors, SMALLEST_INFO, 'tensor_count')
  const metadata = readMetadata(cursor)
  const alignment = readAlignment(metadata)
  const infos = readTensorInfos(cursor, tensorCount, alignment)
  const headerBytes = padded(cursor.at, alignment)
  const tensors = infos.map((info) => ({ ...info, position: headerBytes + info.offset }))
  checkExtent(tensors, headerBytes, alignment, fileBytes)
  return { metadata, tensors, headerBytes }
}

function checkMagic(cursor: ByteCursor): void {
  if (cursor.u32() !== MAGIC) throw invalidGguf({ reason: 'no-magic' })
  const version = cursor.u32()
  if (version === VERSION) return
  throw invalidGguf(version === VERSION << 24 ? { reason: 'big-endian' } : { reason: 'gguf-version', version, known: VERSION })
}

function readMetadata(cursor: ByteCursor): Map<string, GgufValue> {
  const count = cursor.count(LIMITS.keys, SMALLEST_ENTRY, 'metadata_kv_count')
  const metadata = new Map<string, GgufValue>()
  for (let i = 0; i < count; i++) {
    const [key, value] = decodeEntry(cursor)
    if (metadata.has(key)) throw invalidGguf({ reason: 'json-key-twice', name: key })
    metadata.set(key, value)
  }
  return metadata
}

function readAlignment(metadata: ReadonlyMap<string, GgufValue>): number {
  const stated = metadata.get('general.alignment')
  if (stated === undefined) return DEFAULT_ALIGNMENT
  const value = stated.type === 'u32' ? stated.value : 0
  const isPower = value >= LIMITS.smallestAlignment && value <= LIMITS.largestAlignment && (value & (value - 1)) === 0
  if (!isPower) throw invalidGguf({ reason: 'alignment' })
  return value
}

function readTensorInfos(cursor: ByteCursor, count: number, alignment: number): TensorInfo[] {
  const infos: TensorInfo[] = []
  const names = new Set<string>()
  let expected = 0
  for (let i = 0; i < count; i++) {
    const info = readTensorInfo(cursor, alignment)
    if (names.has(info.name)) throw invalidGguf({ reason: 'tensor-twice', tensor: info.name })
    if (info.offset % alignment !== 0) throw invalidGguf({ reason: 'tensor-unaligned', tensor: info.name, alignment })
    if (info.offset < expected) throw invalidGguf({ reason: 'tensor-overlaps', tensor: info.name })
    if (info.offset > expected) throw invalidGguf({ reason: 'bytes-before', tensor: info.name })
    names.add(info.name)
    infos.push(info)
    expected += info.paddedBytes
  }
  return infos
}

function readTensorInfo(cursor: ByteCursor, alignment: number): TensorInfo {
  const name = cursor.string(LIMITS.tensorNameBytes, 'tensor.name')
  if (name === '') throw invalidGguf({ reason: 'tensor-nameless' })
  const dimensions = cursor.u32()
  if (dimensions < 1 || dimensions > LIMITS.dimensions) throw invalidGguf({ reason: 'tensor-dimensions', tensor: name, dimensions })
  const shape = Array.from({ length: dimensions }, () => cursor.i64()).reverse()
  if (shape.some((size) => size < 1) || !Number.isSafeInteger(elementCount(shape) * 4))
    throw invalidGguf({ reason: 'tensor-sizes', tensor: name, sizes: shape.join(' x ') })
  const id = cursor.i32()
  const type = TYPE_BY_ID.get(id)
  if (type === undefined) throw invalidGguf({ reason: 'tensor-type', tensor: name, type: id })
  if ((shape.at(-1) ?? 0) % type.blockWeights !== 0) throw invalidGguf({ reason: 'tensor-blocks', tensor: name, type: type.name })
  const bytes = tensorBytes({ name, type: type.name, shape })
  return { name, type: type.name, shape, offset: cursor.u64(), bytes, paddedBytes: padded(bytes, alignment) }
}

/** llama.cpp's writer pads after the last tensor, others do not: both ends are right, anything else is not. */
function checkExtent(tensors: readonly GgufTensorPlace[], headerBytes: number, alignment: number, fileBytes: number): void {
  const last = tensors.at(-1)
  const end = last === undefined ? headerBytes : last.position + last.bytes
  if (end > fileBytes) throw invalidGguf({ reason: 'tensors-beyond', bytes: fileBytes, end })
  if (fileBytes > padded(end, alignment)) throw invalidGguf({ reason: 'bytes-after', unused: fileBytes - end })
}
