import { narrowToF16, widenF16 } from '../tensor/convert.ts'

/** The largest half-precision number; from 65520 on rounding gives infinity. */
const LARGEST = 65504

/** Largest magnitude of `values`; NaN when there is one. */
export function largestOf(values: Float32Array): number {
  let largest = 0
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i] as number)
    if (!(magnitude <= largest)) largest = magnitude
    if (magnitude !== magnitude) return Number.NaN
  }
  return largest
}

/**
 * Bytes of `values` times a power of two as half-precision numbers. Throws RangeError naming the tensor when one is beyond their range or
 * not finite.
 */
export function halfBytes(name: string, values: Float32Array, factor = 1): Uint8Array<ArrayBuffer> {
  const largest = largestOf(values) * factor
  if (!(largest <= LARGEST)) throw new RangeError(`${name}: ${largest} cannot be held in half precision`)
  const patterns = narrowToF16(factor === 1 ? values : values.map((value) => value * factor))
  return new Uint8Array(patterns.buffer as ArrayBuffer) // narrowToF16 allocates it
}

/** The inverse of {@link halfBytes}; the bytes begin their buffer. */
export function fromHalfBytes(bytes: Uint8Array): Float32Array {
  return widenF16(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2))
}
