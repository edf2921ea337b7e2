/** Little-endian bytes that grow as they are written. */
export class ByteSink {
  #bytes = new Uint8Array(1 << 16)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  u8(value: number): void {
    const at = this.#reserve(1)
    this.#view.setUint8(at, value)
  }
  i8(value: number): void {
    const at = this.#reserve(1)
    this.#view.setInt8(at, value)
  }
  u16(value: number): void {
    const at = this.#reserve(2)
    this.#view.setUint16(at, value, true)
  }
  i16(value: number): void {
    const at = this.#reserve(2)
    this.#view.setInt16(at, value, true)
  }
  u32(value: number): void {
    const at = this.#reserve(4)
    this.#view.setUint32(at, value, true)
  }
  i32(value: number): void {
    const at = this.#reserve(4)
    this.#view.setInt32(at, value, true)
  }
  f32(value: number): void {
    const at = this.#reserve(4)
    this.#view.setFloat32(at, value, true)
  }
  f64(value: number): void {
    const at = this.#reserve(8)
    this.#view.setFloat64(at, value, true)
  }
  u64(value: number): void {
    const at = this.#reserve(8)
    this.#view.setBigUint64(at, BigInt(value), true)
  }
  i64(value: number): void {
    const at = this.#reserve(8)
    this.#view.setBigInt64(at, BigInt(value), true)
  }

  raw(bytes: Uint8Array): void {
    const start = this.#reserve(bytes.byteLength) // may replace the buffer
    this.#bytes.set(bytes, start)
  }

  /** A length-prefixed UTF-8 string. */
  string(text: string): void {
    const bytes = new TextEncoder().encode(text)
    this.u64(bytes.byteLength)
    this.raw(bytes)
  }

  /** Zeros up to a multiple of `alignment`. */
  pad(alignment: number): void {
    const over = this.#length % alignment
    if (over !== 0) this.raw(new Uint8Array(alignment - over))
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #reserve(length: number): number {
    const start = this.#length
    this.#length += length
    if (this.#length > this.#bytes.byteLength) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.byteLength * 2))
      grown.set(this.#bytes)
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    return start
  }
}
