import type { SymmetricFields, SymmetricLayout } from '../blocks/fields.ts'
import type { SymmetricEffort } from './effort.ts'
import { halfValue, inverse, nearest, single, storedHalf, within } from './single.ts'
import type { BlockScale } from './single.ts'

/**
 * The codes of a block x = d * s_i * q_j that make sum_j v_j (x_j - d s_i q_j)^2 small:
 * 1. each sub-block alone: round at several steps, fit the step to the codes in closed form, keep the best;
 * 2. the block's d from the divisors of the largest step, by the quadratic the sub-blocks' fits left behind;
 * 3. each stored s_i near its guess by the true error of the codes it gives; fit d to all codes, and once more.
 */
export interface SymmetricWork {
  readonly layout: SymmetricLayout
  readonly effort: SymmetricEffort
  readonly scale: BlockScale
  /** (block) normalized weights and importances. */
  readonly x: Float32Array
  readonly importance: Float32Array
  /** (sub-blocks) best step of each alone, and sum v q^2 and sum v q x of the codes it gives. */
  readonly step: Float32Array
  readonly squares: Float32Array
  readonly products: Float32Array
  /** (sub-blocks) stored scales of the best block so far and of the one under trial, and their errors. */
  readonly scales: Float32Array
  readonly errors: Float32Array
  readonly trialScales: Float32Array
  readonly trialErrors: Float32Array
}

/** Room for one block of `layout`. */
export function symmetricWork(layout: SymmetricLayout, effort: SymmetricEffort): SymmetricWork {
  const size = layout.subBlocks * layout.subSize
  const perSubBlock = (): Float32Array => new Float32Array(layout.subBlocks)
  return {
    layout,
    effort,
    scale: { up: 1, down: 1 },
    x: new Float32Array(size),
    importance: new Float32Array(size),
    step: perSubBlock(),
    squares: perSubBlock(),
    products: perSubBlock(),
    scales: perSubBlock(),
    errors: perSubBlock(),
    trialScales: perSubBlock(),
    trialErrors: perSubBlock(),
  }
}

/** Searches the block in `work` and writes it to `fields`. */
export function searchSymmetric(work: SymmetricWork, fields: SymmetricFields): void {
  const { layout, effort, scale } = work
  for (let i = 0; i < layout.subBlocks; i++) searchStep(work, i)
  work.errors.fill(Infinity)
  if (layout.scaleMax === 1) {
    work.scales[0] = 1
    fields.scale = storedHalf(work.step[0] as number, scale)
    tryScale(work, fields, fields.scale, 0)
  } else {
    const bits = chooseScale(work)
    const d = inverse(halfValue(bits, scale))
    for (let i = 0; i < layout.subBlocks; i++) work.scales[i] = nearest(single((work.step[i] as number) * d))
    tryScale(work, fields, bits, effort.scaleReach)
  }
  if (effort.refit) tryScale(work, fields, fittedScale(work, fields.scale), Math.min(1, effort.scaleReach))
  writeCodes(work, fields)
}

/** Step 1 for sub-block i. */
function searchStep(work: SymmetricWork, i: number): void {
  const {
    layout: { subSize },
    effort: { reach, bothSigns },
    x,
  } = work
  let largest = 0
  let side = 1
  for (let j = i * subSize; j < (i + 1) * subSize; j++) {
    const value = x[j] as number
    const magnitude = Math.abs(value)
    if (magnitude > largest) {
      largest = magnitude
      side = value < 0 ? 1 : -1
    }
  }
  work.step[i] = 0
  work.squares[i] = 0
  const unit = inverse(largest)
  const best = { gain: 0 }
  for (let k = 0; k < reach.count; k++) {
    const steps = single(single(single(reach.first + k * reach.step) * side) * unit)
    tryStep(work, i, steps, best)
    if (bothSigns) tryStep(work, i, -steps, best)
  }
  tryStep(work, i, inverse(work.step[i] as number), best)
}

/** Rounds sub-block i at 1 / steps, fits the step, keeps it when it explains more of the weights than `best`. */
function tryStep(work: SymmetricWork, i: number, steps: number, best: { gain: number }): void {
  const [squares, products] = codeSums(work, i, steps)
  const step = squares > 0 ? single(products / squares) : 0
  const gain = single(step * products)
  if (gain > best.gain) {
    best.gain = gain
    work.step[i] = step
    work.squares[i] = squares
  }
}

/** sum v q^2 and sum v q x over sub-block i rounded at 1 / steps. */
function codeSums(work: SymmetricWork, i: number, steps: number): [number, number] {
  const {
    layout: { subSize, codeMin, codeMax },
    x,
    importance,
  } = work
  let squares = 0
  let products = 0
  for (let j = i * subSize; j < (i + 1) * subSize; j++) {
    const value = x[j] as number
    const code = within(nearest(single(value * steps)), codeMin, codeMax)
    const weighted = single((importance[j] as number) * code)
    squares = single(squares + single(weighted * code))
    products = single(products + single(weighted * value))
  }
  return [squares, products]
}

/** Step 2: half bits of the block's scale. */
function chooseScale({ layout, effort, scale, step, squares }: SymmetricWork): number {
  let extreme = 0
  for (const value of step) if (Math.abs(value) > Math.abs(extreme)) extreme = value
  let best = Infinity
  let bestBits = storedHalf(single(extreme / layout.scaleMin), scale)
  for (let k = 0; k < effort.divisors; k++) {
    const bits = storedHalf(single(extreme / (layout.scaleMin - 1 + k)), scale)
    const d = halfValue(bits, scale)
    const perStep = inverse(d)
    let cost = 0
    for (let i = 0; i < layout.subBlocks; i++) {
      const own = step[i] as number
      const stored = within(nearest(single(own * perStep)), layout.scaleMin, layout.scaleMax)
      const off = single(single(stored * d) - own)
      cost = single(cost + single(single((squares[i] as number) * off) * off))
    }
    if (cost < best) {
      best = cost
      bestBits = bits
    }
  }
  return bestBits
}

/** Step 3: the best stored scale of each sub-block under block scale `bits`; kept when the whole block gets better. */
function tryScale(work: SymmetricWork, fields: SymmetricFields, bits: number, reach: number): void {
  const { layout, scale, scales, errors, trialScales, trialErrors } = work
  const d = halfValue(bits, scale)
  let total = 0
  let before = 0
  for (let i = 0; i < layout.subBlocks; i++) {
    const center = scales[i] as number
    trialErrors[i] = Infinity
    for (let k = -reach; k <= reach; k++) {
      const stored = within(center + k, layout.scaleMin, layout.scaleMax)
      const error = codeError(work, i, single(stored * d))
      if (error < (trialErrors[i] as number)) {
        trialErrors[i] = error
        trialScales[i] = stored
      }
    }
    total = single(total + (trialErrors[i] as number))
    before = single(before + (errors[i] as number))
  }
  if (total < before) {
    fields.scale = bits
    scales.set(trialScales)
    errors.set(trialErrors)
  }
}

/** sum v (x - step q)^2 over sub-block i rounded at `step`. */
function codeError(work: SymmetricWork, i: number, step: number): number {
  const {
    layout: { subSize, codeMin, codeMax },
    x,
    importance,
  } = work
  const steps = inverse(step)
  let error = 0
  for (let j = i * subSize; j < (i + 1) * subSize; j++) {
    const value = x[j] as number
    const code = within(nearest(single(value * steps)), codeMin, codeMax)
    const rest = single(value - single(code * step))
    error = single(error + single(single((importance[j] as number) * rest) * rest))
  }
  return error
}

/** Half bits of the d that fits the present codes best. */
function fittedScale(work: SymmetricWork, bits: number): number {
  const { layout, scale, scales } = work
  const d = halfValue(bits, scale)
  let squares = 0
  let products = 0
  for (let i = 0; i < layout.subBlocks; i++) {
    const stored = scales[i] as number
    const [own, cross] = codeSums(work, i, inverse(single(stored * d)))
    squares = single(squares + single(single(stored * stored) * own))
    products = single(products + single(stored * cross))
  }
  return squares > 0 ? storedHalf(single(products / squares), scale) : bits
}

function writeCodes(work: SymmetricWork, fields: SymmetricFields): void {
  const {
    layout: { subBlocks, subSize, codeMin, codeMax },
    scale,
    x,
    scales,
  } = work
  const d = halfValue(fields.scale, scale)
  for (let i = 0; i < subBlocks; i++) {
    fields.scales[i] = scales[i] as number
    const steps = inverse(single((scales[i] as number) * d))
    for (let j = i * subSize; j < (i + 1) * subSize; j++) {
      fields.codes[j] = within(nearest(single((x[j] as number) * steps)), codeMin, codeMax)
    }
  }
}
