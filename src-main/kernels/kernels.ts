import type { GgmlTypeName } from '../tensor/ggml-type.ts'
import type { GptqKernels } from './gptq/gptq.ts'
import type { LinearAlgebra } from './linear-algebra/linear-algebra.ts'

/**
 * The arithmetic ONNX Runtime has no operator for. `reference.ts` is its definition in TypeScript; `native.ts` (the addon)
 * must give the same bytes for the same input, faster (`algebra`: the same numbers to 1e-10).
 */
export interface Kernels {
  /** 'native' with the addon, 'reference' without it. */
  readonly name: 'native' | 'reference'
  /**
   * Encodes whole rows as `type`, choosing the grid point of each weight so that sum_j importance_j (w_j - decoded_j)^2 is small.
   * @param weights    (rows, columns), finite
   * @param importance (columns), mean x_j^2 of the column's inputs, >= 0; null = all columns alike
   * @returns rows * rowBytes(type, columns) bytes
   */
  encode(type: GgmlTypeName, weights: Float32Array, columns: number, importance: Float32Array | null): Uint8Array
  /** Decodes whole rows: the inverse llama.cpp uses, value for value. @returns (rows, columns) */
  decode(type: GgmlTypeName, bytes: Uint8Array, columns: number): Float32Array
  /** sum over rows and columns of importance_j (weights - decoded)^2, in float64. */
  weightedError(weights: Float32Array, decoded: Float32Array, columns: number, importance: Float32Array | null): number
  /** Widens bfloat16 to float32 (the slow part of reading a layer). */
  widenBf16(source: Uint16Array): Float32Array
  /** Cholesky factors, eigenvectors and small products, in float64. */
  readonly algebra: LinearAlgebra
  /** Rounding with error feedback. */
  readonly gptq: GptqKernels
}
