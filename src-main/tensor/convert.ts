const scratch = new DataView(new ArrayBuffer(4))

/** Widens bfloat16 bit patterns to float32, exactly. */
export function widenBf16(source: Uint16Array): Float32Array {
  const bits = new Uint32Array(source.length)
  for (let i = 0; i < source.length; i++) bits[i] = (source[i] as number) << 16
  return new Float32Array(bits.buffer)
}

/** Rounds float32 to bfloat16 bit patterns, to nearest with ties to even; NaN stays NaN (quiet). */
export function narrowToBf16(source: Float32Array): Uint16Array {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length)
  const out = new Uint16Array(source.length)
  for (let i = 0; i < source.length; i++) {
    const b = bits[i] as number
    const isNan = (b & 0x7fffffff) > 0x7f800000
    out[i] = isNan ? (b >>> 16) | 64 : (b + (0x7fff + ((b >>> 16) & 1))) >>> 16
  }
  return out
}

/** One IEEE half-precision bit pattern as a number, exactly. */
export function widenF16Value(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >> 10) & 0x1f
  const mantissa = half & 0x3ff
  if (exponent === 0) return (sign === 0 ? 1 : -1) * mantissa * 2 ** -24
  scratch.setUint32(0, sign | (exponent === 31 ? 0x7f800000 : (exponent + 112) << 23) | (mantissa << 13))
  return scratch.getFloat32(0)
}

const halfTable: Float32Array = Float32Array.from({ length: 65536 }, (_, half) => widenF16Value(half))

/** Widens IEEE half bit patterns to float32, exactly. */
export function widenF16(source: Uint16Array): Float32Array {
  const out = new Float32Array(source.length)
  for (let i = 0; i < source.length; i++) out[i] = halfTable[source[i] as number] as number
  return out
}

/**
 * One float32 value rounded to the nearest IEEE half, ties to even, as a bit pattern. Overflow gives infinity, as ggml's own conversion
 * does.
 */
export function narrowToF16Value(value: number): number {
  scratch.setFloat32(0, value)
  const bits = scratch.getUint32(0)
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x47800000) return sign | 0x7c00
  if (magnitude < 0x38800000) {
    // Subnormal half: the value in units of 2^-24, rounded to even.
    const units = Math.abs(value) * 2 ** 24
    const floor = Math.floor(units)
    const rest = units - floor
    return sign | (floor + (rest > 0.5 || (rest === 0.5 && (floor & 1) === 1) ? 1 : 0))
  }
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
}

/** Rounds float32 to IEEE half bit patterns, element by element. */
export function narrowToF16(source: Float32Array): Uint16Array {
  const out = new Uint16Array(source.length)
  for (let i = 0; i < source.length; i++) out[i] = narrowToF16Value(source[i] as number)
  return out
}
