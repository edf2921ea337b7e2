import { narrowToF16, narrowToBf16, widenBf16, widenF16 } from '../../tensor/convert.ts'

/**
 * The three types without blocks. Values a 16-bit type has no finite number for become its largest one: an infinite weight
 * would make llama.cpp refuse the file.
 */

const F16_INFINITY = 0x7c00
const BF16_INFINITY = 0x7f80

/** Float32 as it lies on disk. */
export function encodeF32(weights: Float32Array): Uint8Array {
  return new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength).slice()
}

/** IEEE halves, rounded to nearest even. */
export function encodeF16(weights: Float32Array): Uint8Array {
  return withoutInfinity(narrowToF16(weights), F16_INFINITY)
}

/** Brain floats, rounded to nearest even. */
export function encodeBf16(weights: Float32Array): Uint8Array {
  return withoutInfinity(narrowToBf16(weights), BF16_INFINITY)
}

/** Inverse of {@link encodeF32}. */
export function decodeF32(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer)
}

/** Inverse of {@link encodeF16}. */
export function decodeF16(bytes: Uint8Array): Float32Array {
  return widenF16(new Uint16Array(bytes.slice().buffer))
}

/** Inverse of {@link encodeBf16}. */
export function decodeBf16(bytes: Uint8Array): Float32Array {
  return widenBf16(new Uint16Array(bytes.slice().buffer))
}

function withoutInfinity(halves: Uint16Array, infinity: number): Uint8Array {
  for (let i = 0; i < halves.length; i++) {
    if (((halves[i] as number) & 0x7fff) === infinity) halves[i] = (halves[i] as number) - 1
  }
  return new Uint8Array(halves.buffer)
}
