import { narrowToF16Value, widenF16Value } from '../../tensor/convert.ts'

/**
 * The arithmetic of the searches: IEEE single precision, one rounding an operation, never fused, sums in the order of the
 * weights. Two processors, or two languages, that keep to it find the same codes.
 */

/** Rounds to float32: every intermediate result of a search passes through it. */
export const single = Math.fround

/** Below this part of a block's largest weight a step counts as none; its inverse is still far from infinite. */
const NO_STEP = 2 ** -120
/** 1.5 * 2^52: adding and subtracting it leaves the nearest whole number, ties to even. */
const ROUNDER = 6755399441055744
const LARGEST_HALF = 0x7bff

const bitsView = new DataView(new ArrayBuffer(4))

/** The nearest whole number, ties to even. */
export function nearest(value: number): number {
  return value + ROUNDER - ROUNDER
}

/** `value` no lower than `low` and no higher than `high`. */
export function within(value: number, low: number, high: number): number {
  const raised = value > low ? value : low
  return raised < high ? raised : high
}

/** 1 / step, or 0 where the step is none; the sign is kept. */
export function inverse(step: number): number {
  return step > NO_STEP || step < -NO_STEP ? single(1 / step) : 0
}

/** The powers of two that bring a block's largest weight to [1, 2) and back. */
export interface BlockScale {
  up: number
  down: number
}

/**
 * Copies a block's weights divided by a power of two, so that no sum of squares over- or underflows.
 * @returns false when the block is best stored as zeros: no nonzero number a half times a whole number can be is nearer
 */
export function normalizeBlock(weights: Float32Array, start: number, x: Float32Array, scale: BlockScale): boolean {
  let largest = 0
  for (let j = 0; j < x.length; j++) largest = Math.max(largest, Math.abs(weights[start + j] as number))
  if (largest < 2 ** -25) return false
  largestPower(largest, scale)
  for (let j = 0; j < x.length; j++) x[j] = single((weights[start + j] as number) * scale.down)
  return true
}

/** The power of two at or below `largest`, between 2^-126 and 2^126 so that its inverse is a normal number too. */
function largestPower(largest: number, scale: BlockScale): void {
  bitsView.setFloat32(0, largest)
  const exponent = Math.min(253, Math.max(1, (bitsView.getUint32(0) >>> 23) & 255))
  scale.up = 2 ** (exponent - 127)
  scale.down = 2 ** (127 - exponent)
}

/** Importances below this part of a block's largest count as this part: no weight is left wholly to chance. */
const LEAST_IMPORTANCE = 2 ** -20

/** The importances of each block of a row divided by a power of two (largest in [1, 2)), none zero; all ones when null. */
export function normalizeImportance(importance: Float32Array | null, columns: number, block: number): Float32Array {
  const out = new Float32Array(columns).fill(1)
  if (importance === null) return out
  const scale = { up: 1, down: 1 }
  for (let start = 0; start < columns; start += block) {
    let largest = 0
    for (let j = start; j < start + block; j++) largest = Math.max(largest, importance[j] as number)
    if (largest === 0) continue
    largestPower(largest, scale)
    for (let j = start; j < start + block; j++) {
      const value = single((importance[j] as number) * scale.down)
      out[j] = value > LEAST_IMPORTANCE ? value : LEAST_IMPORTANCE
    }
  }
  return out
}

/** A block-level scale (in units of the normalized block) as the half that stores it: never infinite, never zero. */
export function storedHalf(value: number, scale: BlockScale): number {
  const bits = narrowToF16Value(single(value * scale.up))
  const magnitude = Math.min(LARGEST_HALF, Math.max(1, bits & 0x7fff))
  return (bits & 0x8000) | magnitude
}

/** What a stored half is worth in units of the normalized block. */
export function halfValue(bits: number, scale: BlockScale): number {
  return single(widenF16Value(bits) * scale.down)
}
