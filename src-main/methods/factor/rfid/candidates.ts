import type { ExpertRole } from '../../../architectures/parts.ts'
import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import { clusters } from '../../../factors/clusters.ts'
import { addScaled } from '../../../factors/refine-basis.ts'
import { caughtEnergies, commonNorm, memberGram, sharedSpectrum } from '../../../factors/shared-basis.ts'
import type { CommonNorm, SharedSpectrum } from '../../../factors/shared-basis.ts'
import { mathOf } from '../apply/each-expert.ts'
import { expertSize } from '../plan/bound.ts'
import { memberOf, weighedMember } from './facing.ts'
import { short } from './settings.ts'
import type { RankCandidate } from './settings.ts'
import type { OwnSpectra } from './spectra.ts'

/** Points of a tail: more resolution than ranks are worth. */
const POINTS = 32
/** Experts of a group whose error is measured at every rank; the others are taken to be like them. */
const SAMPLED = 4

/** A candidate without its residual, and the bases that were measured (none for experts on their own). */
export interface MeasuredCandidate extends Omit<RankCandidate, 'residual'> {
  readonly spectra: readonly SharedSpectrum[] | null
}

/** Members of each group, in order. */
export function membersOf(groups: readonly number[]): number[][] {
  const members: number[][] = Array.from({ length: Math.max(...groups) + 1 }, () => [])
  groups.forEach((group, expert) => members[group]?.push(expert))
  return members
}

/** Numbers of groups to try for `experts` experts: all in one, a few, each its own. */
export function groupCounts(wanted: 'auto' | number, experts: number): number[] {
  const counts = wanted === 'auto' ? [1, 2, 4, experts] : [wanted]
  return [...new Set(counts.filter((count) => count <= experts))]
}

/** The unit ranks are given in: a multiple of `multiple` with at most 32 units to `largest`. */
function unitOf(largest: number, multiple: number): number {
  return multiple * Math.max(1, Math.ceil(largest / (multiple * POINTS)))
}

/**
 * The unit of a grouping into `groups` of `experts`: it does not depend on who is in which. (rows, columns) as the factors see the matrix.
 */
export function groupingUnit(rows: number, columns: number, experts: number, groups: number, multiple: number): number {
  return unitOf(largestRank(rows, columns, groups === experts ? 1 : experts), multiple)
}

/** Largest rank at which a shared basis of `members` experts saves numbers. */
function largestRank(rows: number, columns: number, members: number): number {
  return Math.min(columns, Math.ceil((members * rows * columns) / (members * rows + columns)) - 1)
}

/** Every way to share one role's factors that is tried, with its error at every rank. @param scale output energy per energy of error */
export async function rankCandidatesOf(
  layer: LayerAtHand,
  role: ExpertRole,
  own: OwnSpectra,
  weights: readonly number[],
  counts: readonly number[],
  multiple: number,
  scale: number,
): Promise<MeasuredCandidate[]> {
  const { experts } = layer.shape
  const transposed = role === 'expertDown'
  const [out, columns] = expertSize(role, layer.shape)
  const shared = counts.filter((count) => count < experts).map((count) => clusters(own.similarity[role], experts, count))
  const norm = transposed || shared.length === 0 ? null : commonNorm(mathOf(layer), await layer.secondMoment(role, null), columns)
  const grams = await gramsOf(layer, role, shared, transposed, norm, weights)
  const found: MeasuredCandidate[] = []
  for (const [index, groups] of shared.entries()) {
    const [rows, width] = transposed ? [columns, out] : [out, columns]
    const members = membersOf(groups)
    const unit = groupingUnit(rows, width, experts, members.length, multiple)
    const spectra = (grams[index] ?? []).map((gram) => sharedSpectrum(mathOf(layer), gram, width, norm))
    const tails: number[][] = []
    for (const [group, inGroup] of members.entries()) {
      const ranks = steps(largestRank(rows, width, inGroup.length), unit)
      tails.push(await groupTail(layer, role, own, weights, inGroup, spectra[group] as SharedSpectrum, ranks, transposed, scale))
    }
    found.push({ groups, transposed, unit, tails, spectra })
  }
  if (counts.includes(experts)) found.push(ownCandidate(own, role, weights, [out, columns], multiple, scale))
  return found
}

/** 0, unit, ... to the largest rank; one unit at least. */
function steps(largest: number, unit: number): number[] {
  return Array.from({ length: Math.max(1, Math.floor(largest / unit)) + 1 }, (_, step) => step * unit)
}

/** Every expert by itself: its spectrum says it all. */
function ownCandidate(
  own: OwnSpectra,
  role: ExpertRole,
  weights: readonly number[],
  [rows, columns]: readonly [number, number],
  multiple: number,
  scale: number,
): MeasuredCandidate {
  const unit = groupingUnit(rows, columns, own.energies[role].length, own.energies[role].length, multiple)
  const ranks = steps(largestRank(rows, columns, 1), unit)
  const tails = own.energies[role].map((energies, expert) =>
    tailOf(energies, ranks).map((tail) => short(tail * scale * (weights[expert] as number))),
  )
  return { groups: own.energies[role].map((_, expert) => expert), transposed: false, unit, tails, spectra: null }
}

/** Sum of the energies from each rank on. */
function tailOf(energies: Float64Array, ranks: readonly number[]): number[] {
  const sums = new Float64Array(energies.length + 1)
  for (let i = energies.length - 1; i >= 0; i--) sums[i] = (sums[i + 1] as number) + (energies[i] as number)
  return ranks.map((rank) => sums[Math.min(rank, energies.length)] as number)
}

/** Gram matrices of every group of every grouping, one expert in memory at a time. */
async function gramsOf(
  layer: LayerAtHand,
  role: ExpertRole,
  groupings: readonly (readonly number[])[],
  transposed: boolean,
  norm: CommonNorm | null,
  weights: readonly number[],
): Promise<Float64Array[][]> {
  const [out, columns] = expertSize(role, layer.shape)
  const n = transposed ? out : columns
  const grams = groupings.map((groups) => Array.from({ length: Math.max(...groups) + 1 }, () => new Float64Array(n * n)))
  if (groupings.length === 0) return grams
  for (let expert = 0; expert < layer.shape.experts; expert++) {
    const { w } = transposed ? await weighedMember(layer, role, expert, true) : await memberOf(layer, role, expert, false)
    const own = await memberGram(mathOf(layer), w, norm)
    groupings.forEach((groups, index) => {
      const sum = grams[index]?.[groups[expert] as number]
      if (sum !== undefined) addScaled(sum, own, weights[expert] as number)
    })
  }
  return grams
}

/**
 * Error of a group at each rank. Transposed it is the spectrum's tail; else left factors are fitted to each sampled expert's own inputs.
 */
async function groupTail(
  layer: LayerAtHand,
  role: ExpertRole,
  own: OwnSpectra,
  weights: readonly number[],
  members: readonly number[],
  spectrum: SharedSpectrum,
  ranks: readonly number[],
  transposed: boolean,
  scale: number,
): Promise<number[]> {
  if (transposed) return tailOf(spectrum.energies, ranks).map((tail) => short(tail * scale))
  const energyOf = (expert: number): number =>
    (weights[expert] as number) * Array.from(own.energies[role][expert] ?? []).reduce((sum, energy) => sum + energy, 0)
  const sampled = sample(members, energyOf)
  const total = members.reduce((sum, expert) => sum + energyOf(expert), 0)
  const seen = sampled.reduce((sum, expert) => sum + energyOf(expert), 0)
  const basis = spectrum.basis(ranks.at(-1) ?? 0)
  const left = ranks.map(() => 0)
  for (const expert of sampled) {
    const caught = await caughtEnergies(mathOf(layer), await memberOf(layer, role, expert, false), basis)
    const whole = energyOf(expert)
    ranks.forEach((rank, i) => {
      left[i] = (left[i] as number) + Math.max(0, whole - (weights[expert] as number) * (caught[rank] as number))
    })
  }
  return left.map((error) => short(seen === 0 ? 0 : error * (total / seen) * scale))
}

/** Up to 4 members, spread evenly from the heaviest to the lightest. */
export function sample(members: readonly number[], heaviness: (expert: number) => number): number[] {
  const sorted = [...members].sort((a, b) => heaviness(b) - heaviness(a) || a - b)
  if (sorted.length <= SAMPLED) return sorted
  return Array.from({ length: SAMPLED }, (_, i) => sorted[Math.floor(((i + 0.5) * sorted.length) / SAMPLED)] as number)
}
