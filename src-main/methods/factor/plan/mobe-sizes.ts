import type { ModelShape } from '../../../architectures/architecture.ts'
import type { Problem } from '../../../contract/error-details.ts'
import { ExpectedError } from '../../../contract/errors.ts'
import type { FactoredForm, LayerForm, ModelForm } from '../../../contract/form.ts'
import type { Activation } from '../../../factors/mobe/problem.ts'
import { ARRAY_BYTES_LIMIT } from '../../../tensor/pieces.ts'
import { formOfLayers } from './bound.ts'

/** Bases and rank of one projection. */
export interface MobeSize {
  readonly bases: number
  readonly rank: number
}

/** Sizes of a layer: those of gate and up, and of down where it is factored as well. */
export interface Rung extends MobeSize {
  readonly down: MobeSize | null
}

/** Sizes a plan climbs, smallest first; all with down or all without. */
export type Ladder = readonly Rung[]

/** What the user asks of the sizes. */
export interface SizeWishes {
  readonly bases: 'auto' | number
  readonly rank: 'auto' | number
  readonly groups: 'auto' | number
  readonly rankMultiple: number
  readonly down: 'keep' | 'factor' | 'auto'
}

/** More bases than this in one group make every mixing dear; published settings have at most 64. */
const BASES_OF_A_GROUP = 64
/** With the full rank at least this part of the experts must be bases, else a smaller rank loses less. */
const FEWEST_BASES = 1 / 8
/** Published: 32 bases for 128 experts, 64 for 256. */
const USUAL_BASES = 1 / 4
/**
 * Of the transposed down matrices, which have less in common: on a trained layer (16 experts of 256 x 256) at equal size 2 bases lose .123
 * of the output's energy, 4 .077, 8 .058, 12 .059. Their rank is that of gate and up: with 60 % of the small trained model's expert
 * parameters removed the KL divergence is .091 so, and .102 with a third more rank for down.
 */
const DOWN_BASES = 1 / 2
/**
 * Down is kept while the others have at least this part of the experts' width as their rank. On the small trained model that holds at 20 %
 * removed (KL divergence .0037); at 25 % keeping down (rank 128 of 256) costs .0169 and factoring it .0072, at 40 % .036 and .019.
 */
const LEAST_RANK_BESIDE_DOWN = 0.55

/** Bases that can be learned together: those of a group are one array. @param rank their rows; all there can be unless told */
export function basesTogether({ expertWidth, hidden }: ModelShape, rank = Math.min(expertWidth, hidden)): number {
  return Math.max(1, Math.floor((ARRAY_BYTES_LIMIT - 1) / (Float32Array.BYTES_PER_ELEMENT * rank * hidden)))
}

/**
 * Groups of a layer: as wished, or the fewest that keep 64 bases each, and no more than can be learned together.
 * Throws ExpectedError 'request-invalid' when they do not divide the experts.
 */
export function groupsFor(shape: ModelShape, bases: number, wished: 'auto' | number): number {
  const { experts } = shape
  if (wished === 'auto') {
    const most = Math.min(BASES_OF_A_GROUP, basesTogether(shape))
    for (let groups = 1; groups <= experts; groups++) if (experts % groups === 0 && Math.ceil(bases / groups) <= most) return groups
    return experts
  }
  if (experts % wished !== 0) throw invalid({ path: 'groups', reason: 'groups-uneven-experts', groups: wished, experts })
  return wished
}

/**
 * What is tried, in this order; the first ladder whose lowest rung keeps the limit is climbed. Full rank (as published) with bases as the
 * limit allows; the usual number of bases with ranks as it allows; one basis. Where down may be factored only if need be, those that keep
 * it come first, without ranks below {@link LEAST_RANK_BESIDE_DOWN}. Wishes leave what they name. Throws ExpectedError 'request-invalid'
 * for more bases than experts, or a rank beyond the matrix.
 */
export function laddersOf(shape: ModelShape, wishes: SizeWishes): Ladder[] {
  const { experts, expertWidth, hidden } = shape
  const full = Math.min(expertWidth, hidden)
  if (wishes.bases !== 'auto' && wishes.bases > experts)
    throw invalid({ path: 'bases', reason: 'bases-many', bases: wishes.bases, experts })
  if (wishes.rank !== 'auto' && wishes.rank > full)
    throw invalid({ path: 'rank', reason: 'rank-beyond', rows: expertWidth, columns: hidden, rank: wishes.rank })
  const sizes = sizesOf(shape, wishes, full)
  const keeping = sizes.map((ladder) => ladder.map((size) => ({ ...size, down: null })))
  if (wishes.down === 'keep') return keeping
  const factoring = sizes.map((ladder) => ladder.map((size) => ({ ...size, down: downSize(shape, wishes, size) })))
  if (wishes.down === 'factor') return factoring
  const high = ({ rank }: MobeSize): boolean => wishes.rank !== 'auto' || rank >= LEAST_RANK_BESIDE_DOWN * full
  return [...keeping.map((ladder) => ladder.filter(high)).filter(({ length }) => length > 0), ...factoring]
}

/** Sizes of gate and up, ladder by ladder. */
function sizesOf(shape: ModelShape, wishes: SizeWishes, full: number): MobeSize[][] {
  const { experts } = shape
  if (wishes.bases !== 'auto' && wishes.rank !== 'auto')
    return [[{ bases: rounded(shape, wishes.bases, wishes.groups), rank: wishes.rank }]]
  if (wishes.rank !== 'auto') return [overBases(shape, wishes, wishes.rank, 1)]
  if (wishes.bases !== 'auto') return [overRanks(shape, wishes, wishes.bases, full)]
  return [
    overBases(shape, wishes, full, Math.max(1, Math.ceil(experts * FEWEST_BASES))),
    overRanks(shape, wishes, Math.max(1, Math.round(experts * USUAL_BASES)), full),
    overRanks(shape, wishes, 1, full),
  ]
}

/** What stands beside a size of gate and up: the same rank, and more bases unless their number was asked for. */
function downSize(shape: ModelShape, { bases, groups }: SizeWishes, beside: MobeSize): MobeSize {
  const more = Math.min(shape.experts, Math.round(beside.bases * (DOWN_BASES / USUAL_BASES)))
  return { bases: bases === 'auto' ? rounded(shape, more, groups) : beside.bases, rank: beside.rank }
}

function overBases(shape: ModelShape, { groups }: SizeWishes, rank: number, from: number): MobeSize[] {
  const counts = Array.from({ length: shape.experts - from + 1 }, (_, i) => rounded(shape, from + i, groups))
  return [...new Set(counts)].map((bases) => ({ bases, rank }))
}

function overRanks(shape: ModelShape, { groups, rankMultiple }: SizeWishes, wanted: number, full: number): MobeSize[] {
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

/**
 * The form after `steps` steps: all projections stand on one rung, the first ones (down before up before gate, layer by layer) one rung
 * higher. Down matrices are factored as their transpose: they share directions of the layer's output, and have none of their inputs in
 * common.
 */
export function mobeForm(shape: ModelShape, activation: Activation, ladder: Ladder, steps: number): ModelForm {
  const kinds = kindsOf(ladder)
  const slots = kinds * shape.layers
  const rung = (slot: number): Rung =>
    ladder[Math.min(ladder.length - 1, Math.floor(steps / slots) + (slot < steps % slots ? 1 : 0))] as Rung
  return formOfLayers(
    Array.from({ length: shape.layers }, (_, layer): LayerForm => {
      const { down } = rung(layer)
      return {
        expertGate: projection(activation, rung((kinds - 1) * shape.layers + layer), false),
        expertUp: projection(activation, rung((kinds - 2) * shape.layers + layer), false),
        ...(down === null ? {} : { expertDown: projection(activation, down, true) }),
      }
    }),
  )
}

/** Steps to the top of a ladder. */
export function lastStep({ layers }: ModelShape, ladder: Ladder): number {
  return kindsOf(ladder) * layers * (ladder.length - 1)
}

/** Projections of a layer that a ladder is about. */
function kindsOf(ladder: Ladder): number {
  return ladder[0]?.down == null ? 2 : 3
}

function projection(activation: Activation, { bases, rank }: MobeSize, transposed: boolean): FactoredForm {
  return {
    kind: 'factored',
    transposed,
    activation,
    ranks: Array.from({ length: bases }, () => rank),
    basisOf: null,
    leftOf: null,
    shared: false,
    residual: null,
  }
}

function invalid(problem: Problem): ExpectedError {
  return new ExpectedError('request-invalid', { problems: [problem] })
}
