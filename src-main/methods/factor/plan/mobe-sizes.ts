import type { ModelShape } from '../../../architectures/architecture.ts'
import { ExpectedError } from '../../../contract/errors.ts'
import type { FactoredForm, LayerForm, ModelForm } from '../../../contract/form.ts'
import type { Activation } from '../../../factors/mobe/problem.ts'
import { formOfLayers } from './bound.ts'

/** Bases and rank of one projection. */
export interface MobeSize {
  readonly bases: number
  readonly rank: number
}

/** Sizes a plan climbs, smallest first. */
export type Ladder = readonly MobeSize[]

/** What the user asks of the sizes. */
export interface SizeWishes {
  readonly bases: 'auto' | number
  readonly rank: 'auto' | number
  readonly groups: 'auto' | number
  readonly rankMultiple: number
}

/** More bases than this in one group make every mixing dear; published settings have at most 64. */
const BASES_OF_A_GROUP = 64
/** With the full rank at least this part of the experts must be bases, else a smaller rank loses less. */
const FEWEST_BASES = 1 / 8
/** Published: 32 bases for 128 experts, 64 for 256. */
const USUAL_BASES = 1 / 4

/** Groups of a layer: as wished, or the fewest that keep 64 bases each. Throws ExpectedError 'request-invalid' when they do not divide the experts. */
export function groupsFor({ experts }: ModelShape, bases: number, wished: 'auto' | number): number {
  if (wished === 'auto') {
    for (let groups = 1; groups <= experts; groups++) if (experts % groups === 0 && Math.ceil(bases / groups) <= BASES_OF_A_GROUP) return groups
    return experts
  }
  if (experts % wished !== 0) throw invalid('groups', `${wished} groups do not divide ${experts} experts`)
  return wished
}

/**
 * What is tried, in this order; the first ladder whose lowest rung keeps the limit is climbed. Full rank (as published) with bases as the limit
 * allows; the usual number of bases with ranks as it allows; one basis. Wishes leave what they name. Throws ExpectedError 'request-invalid' for
 * more bases than experts, or a rank beyond the matrix.
 */
export function laddersOf(shape: ModelShape, wishes: SizeWishes): Ladder[] {
  const { experts, expertWidth, hidden } = shape
  const full = Math.min(expertWidth, hidden)
  if (wishes.bases !== 'auto' && wishes.bases > experts) throw invalid('bases', `${wishes.bases} bases for ${experts} experts`)
  if (wishes.rank !== 'auto' && wishes.rank > full) throw invalid('rank', `matrices of ${expertWidth} x ${hidden} have no rank ${wishes.rank}`)
  if (wishes.bases !== 'auto' && wishes.rank !== 'auto') return [[{ bases: rounded(shape, wishes.bases, wishes.groups), rank: wishes.rank }]]
  if (wishes.rank !== 'auto') return [overBases(shape, wishes, wishes.rank, 1)]
  if (wishes.bases !== 'auto') return [overRanks(shape, wishes, wishes.bases, full)]
  return [
    overBases(shape, wishes, full, Math.max(1, Math.ceil(experts * FEWEST_BASES))),
    overRanks(shape, wishes, Math.max(1, Math.round(experts * USUAL_BASES)), full),
    overRanks(shape, wishes, 1, full),
  ]
}

function overBases(shape: ModelShape, { groups }: SizeWishes, rank: number, from: number): Ladder {
  const counts = Array.from({ length: shape.experts - from + 1 }, (_, i) => rounded(shape, from + i, groups))
  return [...new Set(counts)].map((bases) => ({ bases, rank }))
}

function overRanks(shape: ModelShape, { groups, rankMultiple }: SizeWishes, wanted: number, full: number): Ladder {
  const bases = rounded(shape, wanted, groups)
  const multiple = Math.min(rankMultiple, full)
  const ranks = Array.from({ length: Math.floor(full / multiple) }, (_, i) => (i + 1) * multiple)
  return (ranks.at(-1) === full ? ranks : [...ranks, full]).map((rank) => ({ bases, rank }))
}

/** The number of bases as whole groups, at least one each. */
function rounded(shape: ModelShape, bases: number, wished: 'auto' | number): number {
  const groups = groupsFor(shape, bases, wished)
  return Math.max(1, Math.floor(bases / groups)) * groups
}

/** Gate and up of every layer after `steps` steps: all stand on one rung, the first ones (up before gate, layer by layer) one rung higher. */
export function mobeForm(shape: ModelShape, activation: Activation, ladder: Ladder, steps: number): ModelForm {
  const slots = 2 * shape.layers
  const rung = (slot: number): MobeSize => ladder[Math.min(ladder.length - 1, Math.floor(steps / slots) + (slot < steps % slots ? 1 : 0))] as MobeSize
  return formOfLayers(Array.from({ length: shape.layers }, (_, layer): LayerForm => ({
    expertGate: projection(activation, rung(shape.layers + layer)), expertUp: projection(activation, rung(layer)),
  })))
}

/** Steps to the top of a ladder. */
export function lastStep({ layers }: ModelShape, ladder: Ladder): number {
  return 2 * layers * (ladder.length - 1)
}

function projection(activation: Activation, { bases, rank }: MobeSize): FactoredForm {
  return {
    kind: 'factored', transposed: false, activation, ranks: Array.from({ length: bases }, () => rank), basisOf: null, leftOf: null, shared: false, residual: null,
  }
}

function invalid(path: string, message: string): ExpectedError {
  return new ExpectedError('request-invalid', { problems: [{ path, message }] })
}
