import type { FactoredForm } from '../contract/form.ts'
import { largestOf } from './half.ts'
import type { FactoredMatrices } from './values.ts'

/** Below this, the smaller values of a factor become subnormal halves (from 2^-14 on) and lose bits. */
const COMFORTABLE = 2 ** -8
/** A factor whose largest value is below this keeps less than 5 bits of it. */
const HOPELESS = 2 ** -20
const LARGEST = 65504

/** Powers of two by which bases and left factors are multiplied before they are stored. */
export interface BalancingPowers {
  readonly basis: readonly number[]
  readonly left: readonly number[]
}

/**
 * Powers of two that bring left factors and bases to about the same size where half precision cannot hold them as they are: A 2^-k and
 * B 2^k have the same product. With an activation between them there is no such freedom, and nothing is scaled.
 * Throws RangeError naming the projection when a factor can still not be held.
 */
export function balancingPowers(form: FactoredForm, { left, bases }: FactoredMatrices, group: string): BalancingPowers {
  const basis = bases.map(() => 0)
  const ofLeft = left.map(() => 0)
  const largestLeft = left.map(largestOf)
  const largestBasis = bases.map(largestOf)
  for (const { lefts, basesIn } of families(form, left.length)) {
    const a = Math.max(0, ...lefts.map((i) => largestLeft[i] ?? 0))
    const b = Math.max(0, ...basesIn.map((j) => largestBasis[j] ?? 0))
    if (Number.isNaN(a) || Number.isNaN(b)) throw new RangeError(`${group}: a factor is not a number`)
    const power =
      form.activation !== 'none' || (isComfortable(a) && isComfortable(b)) || a === 0 || b === 0 ? 0 : Math.round(Math.log2(a / b) / 2)
    for (const largest of [a * 2 ** -power, b * 2 ** power]) {
      if (largest > LARGEST || (largest > 0 && largest < HOPELESS))
        throw new RangeError(`${group}: a factor of size ${largest} cannot be held in half precision`)
    }
    for (const i of lefts) ofLeft[i] = -power
    for (const j of basesIn) basis[j] = power
  }
  return { basis, left: ofLeft }
}

function isComfortable(largest: number): boolean {
  return largest === 0 || (largest >= COMFORTABLE && largest <= LARGEST)
}

/** Factors that must be scaled together: those of one basis, or all when bases are mixed or left factors shared. */
function families(form: FactoredForm, lefts: number): { lefts: number[]; basesIn: number[] }[] {
  const all = (length: number) => Array.from({ length }, (_, i) => i)
  if (form.basisOf === null || form.leftOf !== null) return [{ lefts: all(lefts), basesIn: all(form.ranks.length) }]
  return form.ranks.map((_, j) => ({ lefts: all(lefts).filter((i) => form.basisOf?.[i] === j), basesIn: [j] }))
}
