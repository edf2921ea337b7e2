/** A safetensors file made from parts that need not fit together. */
export interface FileParts {
  /** The header: an object is written as JSON. */
  readonly header: object | string | Uint8Array
  readonly dataBytes: number
  /** The length the file claims; the true one by default. */
  readonly claims?: bigint
}

export function assemble({ header, dataBytes, claims }: FileParts): Uint8Array {
  const text = typeof header === 'string' ? header : header instanceof Uint8Array ? '' : JSON.stringify(header)
  const json = header instanceof Uint8Array ? header : new TextEncoder().encode(text)
  const file = new Uint8Array(8 + json.byteLength + dataBytes)
  new DataView(file.buffer).setBigUint64(0, claims ?? BigInt(json.byteLength), true)
  file.set(json, 8)
  return file
}

/** A tensor of `bytes` f32 bytes at `start`. */
export function f32(start: number, end: number, shape: unknown = [(end - start) / 4]): object {
  return { dtype: 'F32', shape, data_offsets: [start, end] }
}
