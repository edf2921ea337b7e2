import type { Dtype } from './dtype.ts'
import type { GgmlTypeName } from './ggml-type.ts'

/** A tensor that has not been read yet: what it is, and how to fetch it. Nothing is cached; every read goes to the source. */
export interface LazyTensor {
  readonly name: string
  /** How the source stores it: a checkpoint's dtype, or a ggml type when it comes from a GGUF file. */
  readonly storage: Dtype | GgmlTypeName
  /**
   * Set on a matrix that an exported folder keeps as codes or factors (contract/form.ts): reading it rebuilds it. `storage` is then that of
   * scales and factors.
   */
  readonly form?: 'packed' | 'factored'
  /** PyTorch order: the last number is the contiguous dimension. */
  readonly shape: readonly number[]
  /** Bytes in the source. */
  readonly bytes: number
  /**
   * All elements, widened or decoded to float32, row-major, in an array of the caller's own. Throws RangeError where that array would reach
   * ARRAY_BYTES_LIMIT (pieces.ts): such a tensor is read by rows. Throws ExpectedError('tensor-not-finite') never: callers check what they
   * need.
   */
  read(): Promise<Float32Array>
  /**
   * Rows [start, start + count) of the tensor seen as a matrix of its last dimension, as float32. Throws like {@link read}, and RangeError
   * for rows it does not have.
   */
  readRows(start: number, count: number): Promise<Float32Array>
}

/** Number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}
