import type { RopeScaling } from '../architectures/architecture.ts'

/** Cosines and sines of the rotary position embedding, one row per position from 0. */
export interface RotaryTable {
  readonly cos: Float32Array // (positions, size / 2)
  readonly sin: Float32Array // (positions, size / 2)
}

/** What turns: `size` elements by frequencies base^(-2 i / size), stretched as told. */
export interface Rotation {
  readonly size: number
  readonly base: number
  readonly scaling: RopeScaling | null
  /** What each pair's frequency is divided by; null: nothing. (size / 2) */
  readonly factors: Float32Array | null
}

/** Angles of positions p and pairs i: p times the pair's frequency. */
export function rotaryTable(positions: number, rotation: Rotation): RotaryTable {
  const half = rotation.size / 2
  const { scaling } = rotation
  const growth = scaling?.kind === 'yarn' ? scaling.attention : 1
  const cos = new Float32Array(positions * half)
  const sin = new Float32Array(positions * half)
  for (let pair = 0; pair < half; pair++) {
    const frequency = frequencyOf(rotation, pair)
    for (let position = 0; position < positions; position++) {
      const angle = Math.fround(position * frequency)
      cos[position * half + pair] = Math.cos(angle) * growth
      sin[position * half + pair] = Math.sin(angle) * growth
    }
  }
  return { cos, sin }
}

/** Rounded to float32 as the reference implementation does, so that long positions agree to the last bits. */
function frequencyOf({ size, base, scaling, factors }: Rotation, pair: number): number {
  const plain = Math.fround(1 / Math.fround(Math.pow(base, (2 * pair) / size)))
  if (factors !== null) return Math.fround(plain / (factors[pair] as number))
  if (scaling?.kind === 'linear') return Math.fround(plain / scaling.factor)
  return scaling?.kind === 'yarn' ? yarnFrequency(plain, size, base, pair, scaling) : plain
}

/**
 * YaRN (arXiv 2309.00071): pairs that turn more than `fast` times in the original context keep their frequency, those that turn less than
 * `slow` times are stretched by the factor, between them it is blended.
 */
function yarnFrequency(plain: number, size: number, base: number, pair: number, yarn: RopeScaling & { readonly kind: 'yarn' }): number {
  const pairTurning = (turns: number): number => (size * Math.log(yarn.original / (turns * 2 * Math.PI))) / (2 * Math.log(base))
  const low = Math.max(Math.floor(pairTurning(yarn.fast)), 0)
  const high = Math.min(Math.ceil(pairTurning(yarn.slow)), size - 1)
  const ramp = Math.min(1, Math.max(0, (pair - low) / Math.max(0.001, high - low)))
  return Math.fround((plain / yarn.factor) * ramp + plain * (1 - ramp))
}
