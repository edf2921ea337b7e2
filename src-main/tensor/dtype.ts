/**
 * The element types a checkpoint is stored in before Whittle touches it.
 * Names follow the safetensors header, so a header's `dtype` is used as it stands.
 */
export type Dtype = 'F32' | 'F16' | 'BF16'

/** Bytes of one element of `dtype`. */
export const BYTES_PER_ELEMENT: Readonly<Record<Dtype, number>> = { F32: 4, F16: 2, BF16: 2 }
