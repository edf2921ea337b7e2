import type { AffineWork, CodeSums } from './affine-work.ts'
import { inverse, nearest, single, within } from './single.ts'

/** A determinant below this part of its first term is rounding noise: the codes are all alike. */
export const SINGULAR = 2 ** -14

/** The best fit of a sub-block so far. */
interface Best {
  error: number
}

/**
 * The step s and minimum m >= 0 that suit sub-block i alone: rounds at every pair of clipping points, fits (s, m) to the codes
 * in closed form, keeps the best; then once more from the best. Fills mass, first, second, step, minimum, codeSum, codeSquares.
 */
export function fitSubBlock(work: AffineWork, i: number): void {
  const {
    layout: { subSize, levels },
    effort: { low, high },
    x,
    importance,
  } = work
  let least = 0
  let most = x[i * subSize] as number
  let mass = 0
  let first = 0
  let second = 0
  for (let j = i * subSize; j < (i + 1) * subSize; j++) {
    const value = x[j] as number
    const weight = importance[j] as number
    least = value < least ? value : least
    most = value > most ? value : most
    mass = single(mass + weight)
    const weighted = single(weight * value)
    first = single(first + weighted)
    second = single(second + single(weighted * value))
  }
  work.mass[i] = mass
  work.first[i] = first
  work.second[i] = second
  const best = withoutSteps(work, i)
  const range = single(most - least)
  for (let a = 0; a < low.count; a++) {
    const cut = single(least + single(range * single((low.first + a * low.step) / levels)))
    const bottom = cut < 0 ? cut : 0
    for (let b = 0; b < high.count; b++) {
      const top = single(most - single(range * single((high.first + b * high.step) / levels)))
      tryFit(work, i, -bottom, single(levels * inverse(single(top - bottom))), best)
    }
  }
  tryFit(work, i, work.minimum[i] as number, inverse(work.step[i] as number), best)
}

/** Every code 0: the fit to beat, and the right one for a constant sub-block below zero. */
function withoutSteps(work: AffineWork, i: number): Best {
  const first = work.first[i] as number
  const mean = single(first / (work.mass[i] as number))
  work.step[i] = 0
  work.minimum[i] = mean < 0 ? -mean : 0
  work.codeSum[i] = 0
  work.codeSquares[i] = 0
  return { error: single((work.second[i] as number) + single((work.minimum[i] as number) * first)) }
}

/** Rounds sub-block i as (x + shift) * steps, fits step and minimum to the codes, keeps them when they beat `best`. */
function tryFit(work: AffineWork, i: number, shift: number, steps: number, best: Best): void {
  const [sum, squares, products] = codeSums(work, i, shift, steps)
  if (!(squares > 0)) return
  const mass = work.mass[i] as number
  const first = work.first[i] as number
  const full = single(mass * squares)
  const determinant = single(full - single(sum * sum))
  let step = single(single(single(mass * products) - single(first * sum)) / determinant)
  let minimum = single(single(single(sum * products) - single(squares * first)) / determinant)
  if (!(determinant > single(full * SINGULAR) && minimum > 0)) {
    step = single(products / squares)
    minimum = 0
  }
  const error = single(single((work.second[i] as number) - single(step * products)) + single(minimum * first))
  if (step > 0 && error < best.error) {
    best.error = error
    work.step[i] = step
    work.minimum[i] = minimum
    work.codeSum[i] = sum
    work.codeSquares[i] = squares
  }
}

/** Sums over the codes of sub-block i rounded as (x + shift) * steps. */
export function codeSums(work: AffineWork, i: number, shift: number, steps: number): CodeSums {
  const {
    layout: { subSize, levels },
    x,
    importance,
  } = work
  let sum = 0
  let squares = 0
  let products = 0
  for (let j = i * subSize; j < (i + 1) * subSize; j++) {
    const value = x[j] as number
    const code = within(nearest(single(single(value + shift) * steps)), 0, levels)
    const weighted = single((importance[j] as number) * code)
    sum = single(sum + weighted)
    squares = single(squares + single(weighted * code))
    products = single(products + single(weighted * value))
  }
  return [sum, squares, products]
}

/** sum v (x - step q + shift)^2 over sub-block i with the codes (x + shift) / step gives. */
export function codeError(work: AffineWork, i: number, step: number, shift: number): number {
  const {
    layout: { subSize, levels },
    x,
    importance,
  } = work
  const steps = inverse(step)
  let error = 0
  for (let j = i * subSize; j < (i + 1) * subSize; j++) {
    const raised = single((x[j] as number) + shift)
    const code = within(nearest(single(raised * steps)), 0, levels)
    const rest = single(raised - single(code * step))
    error = single(error + single(single((importance[j] as number) * rest) * rest))
  }
  return error
}
