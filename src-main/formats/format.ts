import type { Dtype } from '../tensor/dtype.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'

/** A tensor as bytes, ready to be stored. `shape` in PyTorch order. */
export interface ListedTensor {
  readonly name: string
  readonly storage: Dtype | GgmlTypeName
  readonly shape: readonly number[]
  readonly data: Uint8Array
}

/** Where one tensor's bytes lie: [start, end) from the beginning of the file. */
export interface StoredSpan {
  readonly name: string
  readonly storage: Dtype | GgmlTypeName
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
}

/** One way tensors lie on disk, in the form every format shares. The pipeline uses each format's own streaming reader and writer. */
export interface Format {
  readonly id: string
  readonly title: string
  /** With the dot. */
  readonly extension: string
  /** Forms of layers it can hold. */
  readonly forms: readonly 'dense'[]
  /** What its tensors may be stored as. */
  readonly storages: readonly (Dtype | GgmlTypeName)[]
  /**
   * Writes a file: temporary name, fsync, reopen and verify, rename. Throws ExpectedError 'disk-full' or 'output-not-writable'. @returns
   * bytes of the file
   */
  write(path: string, tensors: readonly ListedTensor[]): Promise<number>
  /** Reads and checks a file's header. Throws ExpectedError when anything about it is wrong. */
  locate(path: string): Promise<readonly StoredSpan[]>
}
