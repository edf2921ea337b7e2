import { ExpectedError } from '../../contract/errors.ts'
import { widenBf16, widenF16 } from '../../tensor/convert.ts'
import { BYTES_PER_ELEMENT, isWeightDtype } from '../../tensor/dtype.ts'
import type { Dtype } from '../../tensor/dtype.ts'
import { assertOneArray } from '../../tensor/pieces.ts'
import { elementCount } from '../../tensor/tensor.ts'
import type { LazyTensor } from '../../tensor/tensor.ts'
import { READ_CHUNK_BYTES, readInto } from '../positional-read.ts'
import type { SafetensorsFile } from './file.ts'
import type { TensorSpan } from './header.ts'

/** Widens bfloat16 bit patterns; `Kernels.widenBf16` is a faster one than the default. */
export type WidenBf16 = (source: Uint16Array) => Float32Array

/** A span that holds weights. */
type WeightSpan = TensorSpan & { readonly dtype: Dtype }

/**
 * A tensor of an open file, read on demand. Elements are little-endian on disk and on every machine Whittle runs on.
 * Throws ExpectedError 'dtype-unsupported' for integers, which are never weights.
 */
export function lazyTensor(file: SafetensorsFile, { dtype, ...place }: TensorSpan, widen: WidenBf16 = widenBf16): LazyTensor {
  if (!isWeightDtype(dtype)) throw new ExpectedError('dtype-unsupported', { path: file.path, tensor: place.name, dtype })
  const span: WeightSpan = { ...place, dtype }
  const elements = elementCount(span.shape)
  const columns = span.shape.at(-1) ?? 1
  const read = (start: number, count: number) => readElements(file, span, start, count, widen)
  return {
    name: span.name,
    storage: span.dtype,
    shape: span.shape,
    bytes: span.end - span.start,
    read: () => read(0, elements),
    readRows: async (start, count) => {
      if (start < 0 || count < 0 || (start + count) * columns > elements) throw new RangeError(`${span.name} has no rows ${start}+${count}`)
      return read(start * columns, count * columns)
    },
  }
}

/** Elements [first, first + count), widened piece by piece so that only one copy of a large tensor exists. */
async function readElements(
  file: SafetensorsFile,
  span: WeightSpan,
  first: number,
  count: number,
  widen: WidenBf16,
): Promise<Float32Array> {
  assertOneArray(span.name, count)
  const size = BYTES_PER_ELEMENT[span.dtype]
  const position = span.start + first * size
  if (span.dtype === 'F32') return new Float32Array(await readBytes(file, span, position, count * size))
  const perPiece = READ_CHUNK_BYTES / size
  if (count <= perPiece) return widenBytes(span.dtype, await readBytes(file, span, position, count * size), widen)
  const all = new Float32Array(count)
  for (let at = 0; at < count; at += perPiece) {
    const bytes = await readBytes(file, span, position + at * size, Math.min(perPiece, count - at) * size)
    all.set(widenBytes(span.dtype, bytes, widen), at)
  }
  return all
}

/**
 * Bytes [position, position + length) of the file, all of them. Throws ExpectedError 'shard-truncated'; RangeError for more than one array
 * may hold.
 */
export async function readBytes(file: SafetensorsFile, span: TensorSpan, position: number, length: number): Promise<ArrayBuffer> {
  assertOneArray(span.name, length, 1)
  const buffer = new ArrayBuffer(length)
  // A file may shrink after it was opened: a short read is never passed on as zeros.
  if ((await readInto(file.handle, new Uint8Array(buffer), position)) < length) {
    throw new ExpectedError('shard-truncated', { path: file.path, tensor: span.name, expected: position + length })
  }
  return buffer
}

function widenBytes(dtype: Exclude<Dtype, 'F32'>, buffer: ArrayBuffer, widen: WidenBf16): Float32Array {
  const patterns = new Uint16Array(buffer)
  return dtype === 'BF16' ? widen(patterns) : widenF16(patterns)
}
