import type { Kernels } from '../kernels/kernels.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'
import { rowPieces } from '../tensor/pieces.ts'
import type { LazyTensor } from '../tensor/tensor.ts'

/** How a tensor is rounded. */
export interface TensorRounding {
  readonly kernels: Pick<Kernels, 'encode' | 'decode'>
  readonly type: GgmlTypeName
  /** (columns), as for {@link Kernels.encode}. */
  readonly importance: Float32Array | null
  /** Most weights rounded as one piece. For tests. */
  readonly pieceWeights?: number | undefined
}

/**
 * A tensor as it comes back from a file that stores it as `type`: rounded whenever it is read, so that nothing of it is held. Rows are
 * encoded each for itself, so that the values do not depend on how many are read together.
 */
export function roundedTensor(source: LazyTensor, rounding: TensorRounding): LazyTensor {
  const rounded = (values: Float32Array) => roundInPlace(values, source.shape.at(-1) ?? 1, rounding)
  return {
    ...source,
    read: async () => rounded(await source.read()),
    readRows: async (start, count) => rounded(await source.readRows(start, count)),
  }
}

/** @param values (rows, columns), the caller's own */
function roundInPlace(values: Float32Array, columns: number, { kernels, type, importance, pieceWeights }: TensorRounding): Float32Array {
  for (const { start, count } of rowPieces({ shape: [values.length / columns, columns] }, pieceWeights)) {
    const piece = values.subarray(start * columns, (start + count) * columns)
    piece.set(kernels.decode(type, kernels.encode(type, piece, columns, importance), columns))
  }
  return values
}
