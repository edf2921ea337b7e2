import type { AffineFields } from '../blocks/fields.ts'
import { codeError, codeSums, fitSubBlock, SINGULAR } from './affine-fit.ts'
import type { AffineWork } from './affine-work.ts'
import { halfValue, inverse, nearest, single, storedHalf, within } from './single.ts'

/**
 * The codes of a block x = d * s_i * q_j - e * m_i that make sum_j v_j (x_j - decoded_j)^2 small:
 * 1. each sub-block alone: a sweep over where to clip, each time with step and minimum fitted to the codes (affine-fit.ts);
 * 2. d, then e, from the divisors of the largest step and minimum, by the quadratics the sub-blocks' fits left behind;
 * 3. each stored pair (s_i, m_i) near its guess by the true error of the codes it gives; fit (d, e) to all codes, once more.
 */
export function searchAffine(work: AffineWork, fields: AffineFields): void {
  const { layout, effort, scale } = work
  for (let i = 0; i < layout.subBlocks; i++) fitSubBlock(work, i)
  work.errors.fill(Infinity)
  const scaleBits = chooseScale(work)
  const minimumBits = chooseMinimum(work, halfValue(scaleBits, scale))
  const perStep = inverse(halfValue(scaleBits, scale))
  for (let i = 0; i < layout.subBlocks; i++) work.scales[i] = nearest(single((work.step[i] as number) * perStep))
  tryScales(work, fields, scaleBits, minimumBits, effort.scaleReach)
  const fitted = fittedScales(work, fields)
  tryScales(work, fields, fitted.scale, fitted.minimum, 1)
  writeCodes(work, fields)
}

/** Half bits of the block's scale d; the minimums are still free. */
function chooseScale({ layout, effort, scale, step, minimum, mass, codeSum, codeSquares }: AffineWork): number {
  let largest = 0
  for (const value of step) largest = value > largest ? value : largest
  let best = Infinity
  let bestBits = 0
  for (let k = 0; k < effort.divisors; k++) {
    const bits = storedHalf(single(largest / (layout.scaleMax + 1 - k)), scale)
    const d = halfValue(bits, scale)
    const perStep = inverse(d)
    let cost = 0
    for (let i = 0; i < layout.subBlocks; i++) {
      const own = step[i] as number
      const sum = codeSum[i] as number
      const squares = codeSquares[i] as number
      const free = single(squares - single(single(sum * sum) / (mass[i] as number)))
      const curvature = (minimum[i] as number) > 0 ? free : squares
      const off = single(single(within(nearest(single(own * perStep)), 0, layout.scaleMax) * d) - own)
      cost = single(cost + single(single(curvature * off) * off))
    }
    if (cost < best) {
      best = cost
      bestBits = bits
    }
  }
  return bestBits
}

/** The minimum that suits sub-block i once its step is `step`, its codes unchanged; may be negative. */
function freeMinimum({ mass, first, codeSum }: AffineWork, i: number, step: number): number {
  return single(single(single(step * (codeSum[i] as number)) - (first[i] as number)) / (mass[i] as number))
}

/** Half bits of the block's minimum e when its scale is worth d; 0 when no sub-block wants one. */
function chooseMinimum(work: AffineWork, d: number): number {
  const { layout, effort, scale, step, mass } = work
  const perStep = inverse(d)
  const wanted = new Float32Array(layout.subBlocks)
  let largest = 0
  for (let i = 0; i < layout.subBlocks; i++) {
    const stored = within(nearest(single((step[i] as number) * perStep)), 0, layout.scaleMax)
    const value = freeMinimum(work, i, single(stored * d))
    wanted[i] = value > 0 ? value : 0
    largest = value > largest ? value : largest
  }
  let best = Infinity
  let bestBits = 0
  for (let k = 0; k < effort.divisors && largest > 0; k++) {
    const bits = storedHalf(single(largest / (layout.scaleMax + 1 - k)), scale)
    const e = halfValue(bits, scale)
    const perMinimum = inverse(e)
    let cost = 0
    for (let i = 0; i < layout.subBlocks; i++) {
      const own = wanted[i] as number
      const off = single(single(within(nearest(single(own * perMinimum)), 0, layout.scaleMax) * e) - own)
      cost = single(cost + single(single((mass[i] as number) * off) * off))
    }
    if (cost < best) {
      best = cost
      bestBits = bits
    }
  }
  return bestBits
}

/** Step 3: the best stored pair of each sub-block under (d, e); kept when the whole block gets better. */
function tryScales(work: AffineWork, fields: AffineFields, scaleBits: number, minimumBits: number, reach: number): void {
  const { layout, scale, errors, trialErrors } = work
  const d = halfValue(scaleBits, scale)
  const e = halfValue(minimumBits, scale)
  let total = 0
  let before = 0
  for (let i = 0; i < layout.subBlocks; i++) {
    trySubBlock(work, i, d, e, reach)
    total = single(total + (trialErrors[i] as number))
    before = single(before + (errors[i] as number))
  }
  if (total < before) {
    fields.scale = scaleBits
    fields.minimum = minimumBits
    work.scales.set(work.trialScales)
    work.minimums.set(work.trialMinimums)
    errors.set(trialErrors)
  }
}

/** The stored scale within `reach` of the present one, and the stored minimum near the one that suits it, of least error. */
function trySubBlock(work: AffineWork, i: number, d: number, e: number, reach: number): void {
  const {
    layout: { scaleMax },
    effort: { minimumReach },
    trialErrors,
    trialScales,
    trialMinimums,
  } = work
  const center = work.scales[i] as number
  const perMinimum = inverse(e)
  trialErrors[i] = Infinity
  for (let k = -reach; k <= reach; k++) {
    const stored = within(center + k, 0, scaleMax)
    const step = single(stored * d)
    const middle = nearest(single(freeMinimum(work, i, step) * perMinimum))
    for (let n = -minimumReach; n <= minimumReach; n++) {
      const minimum = within(single(middle + n), 0, scaleMax)
      const error = codeError(work, i, step, single(minimum * e))
      if (error < (trialErrors[i] as number)) {
        trialErrors[i] = error
        trialScales[i] = stored
        trialMinimums[i] = minimum
      }
    }
  }
}

/** Half bits of the (d, e) that fit the present codes best; refreshes codeSum for these codes. */
function fittedScales(work: AffineWork, fields: AffineFields): { scale: number; minimum: number } {
  const { layout, scale, scales, minimums, mass, first } = work
  const d = halfValue(fields.scale, scale)
  const e = halfValue(fields.minimum, scale)
  let a = 0
  let b = 0
  let c = 0
  let right = 0
  let below = 0
  for (let i = 0; i < layout.subBlocks; i++) {
    const s = scales[i] as number
    const m = minimums[i] as number
    const [sum, squares, products] = codeSums(work, i, single(m * e), inverse(single(s * d)))
    work.codeSum[i] = sum
    a = single(a + single(single(s * s) * squares))
    b = single(b + single(single(s * m) * sum))
    c = single(c + single(single(m * m) * (mass[i] as number)))
    right = single(right + single(s * products))
    below = single(below + single(m * (first[i] as number)))
  }
  const full = single(a * c)
  const determinant = single(full - single(b * b))
  if (determinant > single(full * SINGULAR)) {
    const newScale = single(single(single(right * c) - single(b * below)) / determinant)
    const newMinimum = single(single(single(b * right) - single(a * below)) / determinant)
    if (newScale > 0 && newMinimum > 0) return { scale: storedHalf(newScale, scale), minimum: storedHalf(newMinimum, scale) }
  }
  const alone = a > 0 && c === 0 ? single(right / a) : 0
  return { scale: alone > 0 ? storedHalf(alone, scale) : fields.scale, minimum: fields.minimum }
}

function writeCodes(work: AffineWork, fields: AffineFields): void {
  const {
    layout: { subBlocks, subSize, levels },
    scale,
    x,
    scales,
    minimums,
  } = work
  const d = halfValue(fields.scale, scale)
  const e = halfValue(fields.minimum, scale)
  for (let i = 0; i < subBlocks; i++) {
    fields.scales[i] = scales[i] as number
    fields.minimums[i] = minimums[i] as number
    const steps = inverse(single((scales[i] as number) * d))
    const shift = single((minimums[i] as number) * e)
    for (let j = i * subSize; j < (i + 1) * subSize; j++) {
      fields.codes[j] = within(nearest(single(single((x[j] as number) + shift) * steps)), 0, levels)
    }
  }
}
