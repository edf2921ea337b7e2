/** Cosines and sines of the rotary position embedding, one row per position from 0. */
export interface RotaryTable {
  readonly cos: Float32Array // (positions, headSize / 2)
  readonly sin: Float32Array // (positions, headSize / 2)
}

/** Angles p * base^(-2i / headSize) for positions p and pairs i: element i turns with element i + headSize / 2. */
export function rotaryTable(positions: number, headSize: number, base: number): RotaryTable {
  const half = headSize / 2
  const cos = new Float32Array(positions * half)
  const sin = new Float32Array(positions * half)
  for (let pair = 0; pair < half; pair++) {
    // Rounded to float32 as the reference implementation does, so that long positions agree to the last bits.
    const frequency = Math.fround(1 / Math.fround(Math.pow(base, (2 * pair) / headSize)))
    for (let position = 0; position < positions; position++) {
      const angle = Math.fround(position * frequency)
      cos[position * half + pair] = Math.cos(angle)
      sin[position * half + pair] = Math.sin(angle)
    }
  }
  return { cos, sin }
}
