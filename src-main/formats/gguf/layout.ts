import type { GgufValue } from '../../architectures/architecture.ts'
import { GGML_TYPES, rowBytes } from '../../tensor/ggml-type.ts'
import type { GgmlTypeName } from '../../tensor/ggml-type.ts'
import { elementCount } from '../../tensor/tensor.ts'
import { ByteSink } from './byte-sink.ts'
import { DEFAULT_ALIGNMENT, GGUF_LIMITS as LIMITS, padded } from './limits.ts'
import { encodeEntry } from './metadata.ts'

export const MAGIC = 0x46554747 // "GGUF" read as a little-endian number
export const VERSION = 3

/** A tensor to be written. `shape` in PyTorch order: the last number is the contiguous dimension. */
export interface GgufTensorSpec {
  readonly name: string
  readonly type: GgmlTypeName
  readonly shape: readonly number[]
}

/** Where a tensor lies. */
export interface GgufTensorPlace extends GgufTensorSpec {
  /** Bytes from the beginning of the data, as the header states it. */
  readonly offset: number
  /** Bytes from the beginning of the file. */
  readonly position: number
  readonly bytes: number
  /** `bytes` and the zeros after them. */
  readonly paddedBytes: number
}

/** A file before it is written: the header to the byte, the place of every tensor, the exact size. */
export interface GgufLayout {
  /** Everything before the first tensor, padding included. */
  readonly headerBytes: Uint8Array
  readonly tensors: readonly GgufTensorPlace[]
  readonly fileBytes: number
}

/**
 * Lays a file out. Pure: the same input gives the same bytes.
 * Throws RangeError when a name is too long or used twice, or a row is not whole blocks of its type.
 */
export function layoutGguf(metadata: ReadonlyMap<string, GgufValue>, specs: readonly GgufTensorSpec[]): GgufLayout {
  const alignment = alignmentOf(metadata)
  const headerBytes = encodeHeader(metadata, specs, alignment)
  let offset = 0
  const tensors = specs.map((spec): GgufTensorPlace => {
    const bytes = tensorBytes(spec)
    const place = { ...spec, offset, position: headerBytes.byteLength + offset, bytes, paddedBytes: padded(bytes, alignment) }
    offset += place.paddedBytes
    return place
  })
  return { headerBytes, tensors, fileBytes: headerBytes.byteLength + offset }
}

/** Bytes of a tensor's data without padding. Throws RangeError when a row is not whole blocks. */
export function tensorBytes(spec: GgufTensorSpec): number {
  const columns = spec.shape.at(-1) ?? 1
  return (elementCount(spec.shape) / columns) * rowBytes(spec.type, columns)
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>): number {
  const stated = metadata.get('general.alignment')
  return stated?.type === 'u32' ? stated.value : DEFAULT_ALIGNMENT
}

function encodeHeader(metadata: ReadonlyMap<string, GgufValue>, specs: readonly GgufTensorSpec[], alignment: number): Uint8Array {
  const sink = new ByteSink()
  sink.u32(MAGIC)
  sink.u32(VERSION)
  sink.i64(specs.length)
  sink.i64(metadata.size)
  for (const [key, value] of metadata) encodeEntry(sink, key, value)
  const names = new Set<string>()
  let offset = 0
  for (const spec of specs) {
    if (names.has(spec.name)) throw new RangeError(`${spec.name} is written twice`)
    names.add(spec.name)
    encodeTensorInfo(sink, spec, offset)
    offset += padded(tensorBytes(spec), alignment)
  }
  sink.pad(alignment)
  return sink.finish()
}

/** ggml counts dimensions from the contiguous one and leaves trailing ones out. */
function encodeTensorInfo(sink: ByteSink, spec: GgufTensorSpec, offset: number): void {
  if (new TextEncoder().encode(spec.name).byteLength > LIMITS.tensorNameBytes) throw new RangeError(`${spec.name} is too long a name`)
  const sizes = spec.shape.toReversed()
  while (sizes.length > 1 && sizes.at(-1) === 1) sizes.pop()
  if (sizes.length === 0 || sizes.length > LIMITS.dimensions) throw new RangeError(`${spec.name} has ${sizes.length} dimensions`)
  sink.string(spec.name)
  sink.u32(sizes.length)
  for (const size of sizes) sink.i64(size)
  sink.i32(GGML_TYPES[spec.type].id)
  sink.u64(offset)
}
