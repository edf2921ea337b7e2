import type { StoredDtype } from '../tensor/dtype.ts'

/** One tensor of an exported folder: PyTorch order; `expert` is null for what experts share and for matrices that exist once. */
export interface TensorEntry {
  readonly name: string
  readonly dtype: StoredDtype
  readonly shape: readonly number[]
  readonly expert: number | null
}

/** A tensor of an exported folder as it lies on disk, not read yet. */
export interface StoredSource {
  readonly name: string
  readonly dtype: StoredDtype
  readonly shape: readonly number[]
  readonly bytes: number
  /** All of its bytes, little-endian, in a buffer of their own. */
  readBytes(): Promise<Uint8Array<ArrayBuffer>>
}

/** Finds a stored tensor by its name in the folder. Throws RangeError when there is none. */
export type FindStored = (name: string) => StoredSource

/** The bytes of an exported projection's tensors by name, made when asked for. */
export type EncodedTensors = ReadonlyMap<string, () => Uint8Array<ArrayBuffer>>
