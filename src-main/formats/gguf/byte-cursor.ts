import type { GgufReason } from '../../contract/error-details.ts'
import { ExpectedError } from '../../contract/errors.ts'
import type { Because } from '../../contract/reasons.ts'

/** Thrown when the window read so far ends before the header does: read more and start over. Never leaves the reader. */
export class WindowTooSmall extends Error {}

/** Walks the first bytes of a file. Every read is checked against the file before it is tried on the window. */
export class ByteCursor {
  readonly #view: DataView
  readonly #bytes: Uint8Array
  readonly #fileBytes: number
  at = 0
  /** Elements of arrays read so far. */
  elements = 0

  constructor(window: Uint8Array, fileBytes: number) {
    this.#bytes = window
    this.#view = new DataView(window.buffer, window.byteOffset, window.byteLength)
    this.#fileBytes = fileBytes
  }

  u8(): number {
    return this.#view.getUint8(this.take(1))
  }
  i8(): number {
    return this.#view.getInt8(this.take(1))
  }
  u16(): number {
    return this.#view.getUint16(this.take(2), true)
  }
  i16(): number {
    return this.#view.getInt16(this.take(2), true)
  }
  u32(): number {
    return this.#view.getUint32(this.take(4), true)
  }
  i32(): number {
    return this.#view.getInt32(this.take(4), true)
  }
  f32(): number {
    return this.#view.getFloat32(this.take(4), true)
  }
  f64(): number {
    return this.#view.getFloat64(this.take(8), true)
  }
  u64(): number {
    return safe(this.#view.getBigUint64(this.take(8), true))
  }
  i64(): number {
    return safe(this.#view.getBigInt64(this.take(8), true))
  }

  /** A count of things that take at least `smallest` bytes each, so that no list is begun that the file cannot hold. */
  count(limit: number, smallest: number, what: string): number {
    const count = this.u64()
    if (count > limit) throw invalidGguf({ reason: 'count-many', what, count, most: limit })
    this.requireRest(count * smallest, what)
    return count
  }

  /** A length-prefixed UTF-8 string. */
  string(limit: number, what: string): string {
    const length = this.count(limit, 1, what)
    const start = this.take(length)
    const text = decodeUtf8(this.#bytes.subarray(start, start + length), what)
    if (text.includes('\0')) throw invalidGguf({ reason: 'holds-nul', what })
    return text
  }

  /** Moves on by `length` bytes; answers where they start. */
  take(length: number): number {
    this.requireRest(length, 'header')
    const start = this.at
    if (start + length > this.#bytes.byteLength) throw new WindowTooSmall()
    this.at = start + length
    return start
  }

  private requireRest(length: number, what: string): void {
    if (length > this.#fileBytes - this.at) throw invalidGguf({ reason: 'ends-before', what })
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return UTF8.decode(bytes)
  } catch (error) {
    throw new ExpectedError('gguf-invalid', { reason: 'text-not-utf8', what }, { cause: error })
  }
}

function safe(value: bigint): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw invalidGguf({ reason: 'number-large', number: String(value) })
  return number
}

/** What a header must not say. */
export function invalidGguf(because: Because<GgufReason>): ExpectedError {
  return new ExpectedError('gguf-invalid', because)
}
