/**
 * The element types a checkpoint is stored in before Whittle touches it.
 * Names follow the safetensors header, so a header's `dtype` is used as it stands.
 */
export type Dtype = 'F32' | 'F16' | 'BF16'

/** The element types of an exported folder: those of weights, and the integers that codes and indices are kept in. */
export type StoredDtype = Dtype | 'I8' | 'I32'

/** Bytes of one element of `dtype`. */
export const BYTES_PER_ELEMENT: Readonly<Record<StoredDtype, number>> = { F32: 4, F16: 2, BF16: 2, I8: 1, I32: 4 }

/** Whether a type is one that weights have: it can be widened to float32. */
export function isWeightDtype(dtype: string): dtype is Dtype {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16'
}
