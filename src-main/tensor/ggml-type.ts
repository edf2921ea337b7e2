/** The ggml storage types Whittle writes. Each is a name in {@link GGML_TYPES}. */
export type GgmlTypeName = 'F32' | 'F16' | 'BF16' | 'Q8_0' | 'Q6_K' | 'Q5_K' | 'Q4_K' | 'Q4_0' | 'Q3_K' | 'Q2_K'

/** How one ggml type lies on disk. */
export interface GgmlType {
  readonly name: GgmlTypeName
  /** The number llama.cpp uses for the type in a GGUF tensor info. */
  readonly id: number
  /** Weights in one block; a row's length must be a multiple of it. */
  readonly blockWeights: number
  /** Bytes of one block. */
  readonly blockBytes: number
  /** Where to go when a row's length is not a multiple of `blockWeights` (llama.cpp's own fallback table). */
  readonly fallback: GgmlTypeName | null
}

/** Every type, highest precision first. Source: ggml's block layouts, checked in test/kernels against ggml itself. */
export const GGML_TYPES: Readonly<Record<GgmlTypeName, GgmlType>> = {
  F32: { name: 'F32', id: 0, blockWeights: 1, blockBytes: 4, fallback: null },
  F16: { name: 'F16', id: 1, blockWeights: 1, blockBytes: 2, fallback: null },
  BF16: { name: 'BF16', id: 30, blockWeights: 1, blockBytes: 2, fallback: null },
  Q8_0: { name: 'Q8_0', id: 8, blockWeights: 32, blockBytes: 34, fallback: 'F16' },
  Q6_K: { name: 'Q6_K', id: 14, blockWeights: 256, blockBytes: 210, fallback: 'Q8_0' },
  Q5_K: { name: 'Q5_K', id: 13, blockWeights: 256, blockBytes: 176, fallback: 'Q8_0' },
  Q4_K: { name: 'Q4_K', id: 12, blockWeights: 256, blockBytes: 144, fallback: 'Q4_0' },
  Q4_0: { name: 'Q4_0', id: 2, blockWeights: 32, blockBytes: 18, fallback: 'F16' },
  Q3_K: { name: 'Q3_K', id: 11, blockWeights: 256, blockBytes: 110, fallback: 'Q4_0' },
  Q2_K: { name: 'Q2_K', id: 10, blockWeights: 256, blockBytes: 84, fallback: 'Q4_0' },
}

/**
 * The type that really stores a row of `columns` weights when `wanted` is asked for: `wanted`, or its first fallback that divides the row.
 */
export function storableType(wanted: GgmlTypeName, columns: number): GgmlTypeName {
  let type = GGML_TYPES[wanted]
  while (columns % type.blockWeights !== 0) {
    if (type.fallback === null) throw new RangeError(`no type can hold a row of ${columns} weights`)
    type = GGML_TYPES[type.fallback]
  }
  return type.name
}

/** Bytes of one row of `columns` weights stored as `name`. Throws RangeError when the row is not whole blocks. */
export function rowBytes(name: GgmlTypeName, columns: number): number {
  const { blockWeights, blockBytes } = GGML_TYPES[name]
  if (columns % blockWeights !== 0) throw new RangeError(`a row of ${columns} weights is not whole ${name} blocks`)
  return (columns / blockWeights) * blockBytes
}
