import { ByteSink } from '../../../src-main/formats/gguf/byte-sink.ts'

/** A tensor info as it is written: sizes in ggml's order, contiguous first. */
export interface RawInfo {
  readonly name?: string
  readonly sizes?: readonly number[]
  /** The number of sizes claimed. */
  readonly dimensions?: number
  readonly type?: number
  readonly offset?: number
}

/** A GGUF file made from parts that need not fit together. */
export interface RawFile {
  readonly magic?: string
  readonly version?: number
  readonly tensorCount?: number
  readonly keyCount?: number
  /** Writes each key with its value. */
  readonly keys?: readonly ((sink: ByteSink) => void)[]
  readonly tensors?: readonly RawInfo[]
  readonly dataBytes?: number
  readonly alignment?: number
}

/** By default one 4-number f32 tensor at offset 0 and its 32 bytes. */
export function rawGguf(file: RawFile): Uint8Array {
  const { magic = 'GGUF', version = 3, keys = [], tensors = [{}], dataBytes = 32, alignment = 32 } = file
  const sink = new ByteSink()
  sink.raw(new TextEncoder().encode(magic))
  sink.u32(version)
  sink.u64(file.tensorCount ?? tensors.length)
  sink.u64(file.keyCount ?? keys.length)
  for (const key of keys) key(sink)
  for (const { name = 'a', sizes = [4], dimensions = sizes.length, type = 0, offset = 0 } of tensors) {
    sink.string(name)
    sink.u32(dimensions)
    for (const size of sizes) sink.i64(size)
    sink.i32(type)
    sink.u64(offset)
  }
  sink.pad(alignment)
  sink.raw(new Uint8Array(dataBytes))
  return sink.finish()
}

/** A key of a type given by number, its value by a function. */
export function key(name: string, type: number, value: (sink: ByteSink) => void): (sink: ByteSink) => void {
  return (sink) => {
    sink.string(name)
    sink.i32(type)
    value(sink)
  }
}
