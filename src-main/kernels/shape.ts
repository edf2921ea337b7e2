import { rowBytes } from '../tensor/ggml-type.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'

/** Rows of a (rows, columns) matrix to be stored as `type`. Throws RangeError when anything does not fit together: a caller's bug. */
export function rowsToEncode(type: GgmlTypeName, weights: Float32Array, columns: number, importance: Float32Array | null): number {
  rowBytes(type, columns)
  return wholeRows(weights.length, columns, importance)
}

/** Rows in `bytes` stored as `type`. Throws RangeError when there is a rest. */
export function rowsToDecode(type: GgmlTypeName, bytes: Uint8Array, columns: number): number {
  return wholeRows(bytes.length, rowBytes(type, columns), null)
}

/** Rows of `columns` among `length` elements, the importance of their columns given or not. */
export function wholeRows(length: number, columns: number, importance: Float32Array | null): number {
  if (!Number.isInteger(columns) || columns <= 0) throw new RangeError(`a row can't have ${columns} elements`)
  if (length % columns !== 0) throw new RangeError(`${length} elements are not whole rows of ${columns}`)
  if (importance !== null && importance.length !== columns) {
    throw new RangeError(`${importance.length} importances for ${columns} columns`)
  }
  return length / columns
}
