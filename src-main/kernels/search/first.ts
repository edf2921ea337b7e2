import { narrowToF16Value, widenF16Value } from '../../tensor/convert.ts'
import type { AffineFields, AffineLayout, SymmetricFields, SymmetricLayout } from '../blocks/fields.ts'

/** Plain rounding between the extremes. */
export function searchAffine(layout: AffineLayout, x: Float32Array, fields: AffineFields): void {
  const { subBlocks, subSize, levels, scaleMax } = layout
  const steps: number[] = []
  const shifts: number[] = []
  for (let i = 0; i < subBlocks; i++) {
    const sub = x.subarray(i * subSize, (i + 1) * subSize)
    const low = Math.min(0, ...sub)
    steps.push((Math.max(low, ...sub) - low) / levels)
    shifts.push(-low)
  }
  fields.scale = finiteHalf(Math.max(...steps) / scaleMax)
  fields.minimum = finiteHalf(Math.max(...shifts) / scaleMax)
  const scale = widenF16Value(fields.scale)
  const minimum = widenF16Value(fields.minimum)
  for (let i = 0; i < subBlocks; i++) {
    const s = scale === 0 ? 0 : clamp(Math.round((steps[i] as number) / scale), 0, scaleMax)
    const m = minimum === 0 ? 0 : clamp(Math.round((shifts[i] as number) / minimum), 0, scaleMax)
    fields.scales[i] = s
    fields.minimums[i] = m
    const step = scale * s
    for (let j = i * subSize; j < (i + 1) * subSize; j++) {
      fields.codes[j] = step === 0 ? 0 : clamp(Math.round(((x[j] as number) + minimum * m) / step), 0, levels)
    }
  }
}

/** Plain rounding between the extremes. */
export function searchSymmetric(layout: SymmetricLayout, x: Float32Array, fields: SymmetricFields): void {
  const { subBlocks, subSize, codeMin, codeMax, scaleMin, scaleMax } = layout
  const steps: number[] = []
  for (let i = 0; i < subBlocks; i++) {
    const sub = x.subarray(i * subSize, (i + 1) * subSize)
    steps.push(sub.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0) / codeMin)
  }
  const extreme = steps.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0)
  fields.scale = finiteHalf(extreme / (scaleMin < 0 ? scaleMin : scaleMax))
  const scale = widenF16Value(fields.scale)
  for (let i = 0; i < subBlocks; i++) {
    const s = scale === 0 ? scaleMax === 1 ? 1 : 0 : clamp(Math.round((steps[i] as number) / scale), scaleMin, scaleMax)
    fields.scales[i] = s
    const step = scale * s
    for (let j = i * subSize; j < (i + 1) * subSize; j++) {
      fields.codes[j] = step === 0 ? 0 : clamp(Math.round((x[j] as number) / step), codeMin, codeMax)
    }
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}

function finiteHalf(value: number): number {
  return narrowToF16Value(clamp(value, -65504, 65504))
}
