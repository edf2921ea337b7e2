import type { HeaderReason } from '../../contract/error-details.ts'
import { ExpectedError } from '../../contract/errors.ts'
import type { Because } from '../../contract/reasons.ts'
import { BYTES_PER_ELEMENT } from '../../tensor/dtype.ts'
import type { StoredDtype } from '../../tensor/dtype.ts'
import { elementCount } from '../../tensor/tensor.ts'
import { isJsonObject, JsonRefused, parseStrictJson } from '../strict-json.ts'
import { SAFETENSORS_LIMITS as LIMITS } from './limits.ts'

type Refuse = (because: Because<HeaderReason>) => ExpectedError

/** Bytes before the header: its length as an unsigned 64-bit number. */
export const LENGTH_BYTES = 8

/** One tensor as a header describes it. `start` and `end` are bytes from the beginning of the file. */
export interface TensorSpan {
  readonly name: string
  readonly dtype: StoredDtype
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
}

/**
 * Checks the header's length, the first 8 bytes of a file, against the file. `start` may hold more than 8 bytes.
 * Throws ExpectedError 'pickle-refused', 'shard-truncated', 'header-too-long' or 'header-invalid'. @returns bytes of the header
 */
export function headerLength(start: Uint8Array, fileBytes: number, path: string): number {
  if (fileBytes < LENGTH_BYTES + 2 || start.byteLength < LENGTH_BYTES + 1)
    throw new ExpectedError('shard-truncated', { path, bytes: fileBytes })
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  const length = view.getBigUint64(0, true)
  const fits = length <= BigInt(LIMITS.headerBytes) && length <= BigInt(fileBytes - LENGTH_BYTES)
  if (fits && start[LENGTH_BYTES] === 0x7b) return Number(length) // '{'
  if (isPickle(view)) throw new ExpectedError('pickle-refused', { path, renamed: true })
  if (view.getUint32(0) === 0x47475546) throw new ExpectedError('header-invalid', { path, reason: 'is-gguf' })
  if (!fits) throw new ExpectedError('header-too-long', { path, headerBytes: String(length), fileBytes, limit: LIMITS.headerBytes })
  throw new ExpectedError('header-invalid', { path, reason: 'no-brace' })
}

/** torch.save writes a zip archive today and a bare pickle (protocol 2 or later) before. */
function isPickle(view: DataView): boolean {
  const isZip = view.getUint32(0) === 0x504b0304
  const isBare = view.getUint8(0) === 0x80 && view.getUint8(1) >= 2 && view.getUint8(1) <= 5
  return isZip || isBare
}

/**
 * Parses the header's JSON and checks every claim: tensors lie one after another without gap or overlap, from the end of the
 * header to the end of the file, each as long as its shape and dtype say.
 * Throws ExpectedError 'header-invalid', 'dtype-unsupported', 'tensor-overlap', 'tensor-out-of-bounds', 'tensor-shape' or
 * 'shard-truncated'.
 * @returns the tensors in the order of their bytes
 */
export function parseHeader(json: Uint8Array, fileBytes: number, path: string): TensorSpan[] {
  const refuse: Refuse = (because) => new ExpectedError('header-invalid', { path, ...because })
  const header = parseJson(json, refuse)
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__')
  if (entries.length > LIMITS.tensors) throw refuse({ reason: 'tensors-many', most: LIMITS.tensors })
  const dataStart = LENGTH_BYTES + json.byteLength
  const spans = entries.map(([name, entry]) => readEntry(name, entry, dataStart, path, refuse))
  spans.sort((a, b) => a.start - b.start || a.end - b.end)
  checkCoverage(spans, dataStart, fileBytes, path)
  return spans
}

function parseJson(json: Uint8Array, refuse: Refuse): Record<string, unknown> {
  try {
    const header = parseStrictJson(json, { depth: LIMITS.jsonDepth, values: LIMITS.jsonValues, innerKeys: LIMITS.metadataKeys })
    if (isJsonObject(header)) return header
  } catch (error) {
    if (error instanceof JsonRefused) throw refuse(error.because)
    throw error
  }
  throw refuse({ reason: 'not-an-object' })
}

function readEntry(name: string, entry: unknown, dataStart: number, path: string, refuse: Refuse): TensorSpan {
  if (!isJsonObject(entry)) throw refuse({ reason: 'entry-no-object', tensor: name })
  const { dtype, shape, data_offsets: offsets } = entry
  if (!isDtype(dtype)) throw new ExpectedError('dtype-unsupported', { path, tensor: name, dtype })
  if (!isSizes(shape) || shape.length > LIMITS.dimensions || shape.includes(0)) throw refuse({ reason: 'shape-no-sizes', tensor: name })
  if (!isSizes(offsets) || offsets.length !== 2) throw refuse({ reason: 'offsets-no-pair', tensor: name })
  const [start, end] = offsets as [number, number] // two numbers, just checked
  const bytes = elementCount(shape) * BYTES_PER_ELEMENT[dtype]
  if (!Number.isSafeInteger(bytes)) throw new ExpectedError('tensor-shape', { path, reason: 'shape-too-large', tensor: name })
  if (end - start !== bytes)
    throw new ExpectedError('tensor-shape', { path, reason: 'shape-other-bytes', tensor: name, bytes, span: end - start })
  return { name, dtype, shape, start: dataStart + start, end: dataStart + end }
}

function checkCoverage(spans: readonly TensorSpan[], dataStart: number, fileBytes: number, path: string): void {
  let expected = dataStart
  for (const { name, start, end } of spans) {
    if (start < expected) throw new ExpectedError('tensor-overlap', { path, tensor: name })
    if (start > expected && end > fileBytes) throw new ExpectedError('tensor-out-of-bounds', { path, tensor: name })
    if (start > expected) throw new ExpectedError('header-invalid', { path, tensor: name, reason: 'bytes-before' })
    expected = end
  }
  if (expected > fileBytes) throw new ExpectedError('shard-truncated', { path, bytes: fileBytes, expected })
  if (expected < fileBytes) throw new ExpectedError('header-invalid', { path, reason: 'bytes-after', unused: fileBytes - expected })
}

function isDtype(value: unknown): value is StoredDtype {
  return typeof value === 'string' && Object.hasOwn(BYTES_PER_ELEMENT, value)
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
}
