/**
 * A block taken apart, codes in the order of the weights: the form the searches write and the decoders read. Each block file
 * says where these numbers lie in the bytes; nothing else knows the layouts.
 */

/** x = scale * scales[i] * code - minimum * minimums[i] for a weight of sub-block i (Q2_K, Q4_K, Q5_K). */
export interface AffineFields {
  /** IEEE half bits of the super-block's scale and minimum. */
  scale: number
  minimum: number
  /** (sub-blocks), unsigned. */
  readonly scales: Uint8Array
  readonly minimums: Uint8Array
  /** (256), 0..levels. */
  readonly codes: Uint8Array
}

/** x = scale * scales[i] * code for a weight of sub-block i (Q3_K, Q6_K); one sub-block of scale 1 in Q4_0 and Q8_0. */
export interface SymmetricFields {
  /** IEEE half bits. */
  scale: number
  /** (sub-blocks), signed. */
  readonly scales: Int8Array
  /** (block), signed. */
  readonly codes: Int8Array
}

/** A block layout with a scale and a minimum per sub-block. */
export interface AffineLayout {
  readonly subBlocks: number
  /** Weights of a sub-block. */
  readonly subSize: number
  /** The largest code. */
  readonly levels: number
  /** The largest sub-block scale and minimum. */
  readonly scaleMax: number
  /** Writes `fields` at `offset`; the bytes there must be zero. */
  pack(fields: AffineFields, bytes: Uint8Array, offset: number): void
  unpack(bytes: Uint8Array, offset: number, fields: AffineFields): void
}

/** A block layout with one signed scale per sub-block. */
export interface SymmetricLayout {
  readonly subBlocks: number
  readonly subSize: number
  /** The smallest and the largest code, and the same of the sub-block scales. */
  readonly codeMin: number
  readonly codeMax: number
  readonly scaleMin: number
  readonly scaleMax: number
  pack(fields: SymmetricFields, bytes: Uint8Array, offset: number): void
  unpack(bytes: Uint8Array, offset: number, fields: SymmetricFields): void
}

/** Little-endian 16-bit number at `offset`. */
export function readU16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] as number) | ((bytes[offset + 1] as number) << 8)
}

/** Writes a little-endian 16-bit number at `offset`. */
export function writeU16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value & 255
  bytes[offset + 1] = value >>> 8
}
