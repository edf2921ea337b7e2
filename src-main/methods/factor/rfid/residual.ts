import type { ExpertRole } from '../../../architectures/parts.ts'
import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import type { Matrix } from '../../../compute/matrix.ts'
import { fitLeft } from '../../../factors/fit-left.ts'
import { subtract, matrixOf, weightedEnergy } from '../../../factors/math.ts'
import { pickColumns } from '../../../factors/pick-columns.ts'
import { addScaled } from '../../../factors/refine-basis.ts'
import { caughtEnergies } from '../../../factors/shared-basis.ts'
import type { BasisMember } from '../../../factors/shared-basis.ts'
import { whitenedSvd } from '../../../factors/whitened-svd.ts'
import { selectingProjection, signedProjection } from '../../../forms/sparse-projection.ts'
import type { SparseProjection } from '../../../forms/sparse-projection.ts'
import { mathOf } from '../apply/each-expert.ts'
import { sample } from './candidates.ts'
import type { MeasuredCandidate } from './candidates.ts'
import { weighedMember } from './facing.ts'
import { residualForm } from './options.ts'
import { short } from './settings.ts'
import type { RankCandidate, RfidSettings } from './settings.ts'

/** P as a dense matrix (rows, columns). */
export function denseProjection({ rows, nonzeros, positions, values }: SparseProjection, columns: number): Matrix {
  const data = new Float32Array(rows * columns)
  positions.forEach((position, i) => {
    data[Math.floor(i / nonzeros) * columns + position] = values[i] as number
  })
  return matrixOf(data, rows, columns)
}

/** K = sum_e w_e (R_e M)^T (R_e M), what {@link pickColumns} chooses by. @param moment the common M, null = the identity */
export async function addSeen(
  layer: LayerAtHand,
  sum: Float64Array,
  rest: Matrix,
  moment: Float32Array | null,
  weight: number,
): Promise<void> {
  const { matrices } = mathOf(layer)
  const seen = moment === null ? rest : await matrices.product(rest, matrixOf(moment, rest.columns, rest.columns))
  addScaled(sum, (await matrices.gram(seen)).data, weight)
}

/** What is left of a member beside its factors. @param basis B (rank, columns), null = the expert's own best of that rank */
export async function restOf(layer: LayerAtHand, { w, moment }: BasisMember, basis: Matrix | null, rank: number): Promise<Matrix> {
  const math = mathOf(layer)
  const right = basis ?? matrixOf((await (await whitenedSvd(math, w, moment)).truncate(rank)).right, rank, w.columns)
  if (right.rows === 0) return w
  const left = matrixOf(await fitLeft(math, w, moment, right), w.rows, right.rows)
  return { ...w, data: subtract(w.data, (await math.matrices.product(left, right)).data) }
}

/** Widths that are tried, as parts of the columns: a residual of 8 bits costs half, so more of it can pay. */
const WIDTHS = { 8: [1 / 8, 1 / 4, 1 / 2, 3 / 4], 16: [1 / 16, 1 / 8, 1 / 4] } as const
/** Ranks at which the residual is measured, as parts of the highest. */
const LEVELS = [1 / 8, 3 / 8]

/** How much of a candidate's error a residual leaves, measured on a few experts. */
export async function residualCurve(
  layer: LayerAtHand,
  role: ExpertRole,
  candidate: MeasuredCandidate,
  weights: readonly number[],
  settings: RfidSettings,
  seed: number,
): Promise<NonNullable<RankCandidate['residual']>> {
  const { unit, tails, transposed, groups } = candidate
  const steps = Math.max(...tails.map(({ length }) => length)) - 1
  const ranks = [...new Set(LEVELS.map((level) => unit * Math.max(1, Math.round(level * steps))))]
  const experts = sample(
    groups.map((_, expert) => expert),
    (expert) => weights[expert] as number,
  )
  const columns = transposed ? layer.shape.hidden : role === 'expertDown' ? layer.shape.expertWidth : layer.shape.hidden
  const widths = [...new Set(WIDTHS[settings.residualBits].map((part) => Math.max(1, Math.floor(part * columns))))]
  const left: number[][] = []
  let projection: Matrix | null = null
  for (const rank of ranks.toReversed()) {
    const rests: BasisMember[] = []
    for (const expert of experts) {
      const member = await weighedMember(layer, role, expert, transposed)
      const basis = candidate.spectra?.[groups[expert] as number]?.basis(Math.min(rank, columns)) ?? null
      rests.push({ w: await restOf(layer, member, basis, Math.min(rank, member.w.rows, columns)), moment: member.moment })
    }
    projection ??= await projectionFor(
      layer,
      rests,
      experts.map((expert) => weights[expert] as number),
      Math.max(...widths),
      settings,
      seed,
    )
    left.unshift(
      await leftAfter(
        layer,
        rests,
        experts.map((expert) => weights[expert] as number),
        projection,
        widths,
      ),
    )
  }
  return { ranks, widths, left }
}

async function projectionFor(
  layer: LayerAtHand,
  rests: readonly BasisMember[],
  weights: readonly number[],
  width: number,
  settings: RfidSettings,
  seed: number,
): Promise<Matrix> {
  const columns = rests[0]?.w.columns ?? 0
  const form = residualForm(settings, width, columns, seed)
  if (form.kind === 'signs') return denseProjection(signedProjection(form.rows, columns, form.nonzeros, form.seed), columns)
  const common = meanMoment(rests, weights)
  const seen = new Float64Array(columns * columns)
  for (const [index, { w }] of rests.entries()) await addSeen(layer, seen, w, common, weights[index] as number)
  return denseProjection(selectingProjection(Int32Array.from(pickColumns(seen, common, columns, width))), columns)
}

function meanMoment(members: readonly BasisMember[], weights: readonly number[]): Float32Array | null {
  const [first] = members
  if (first === undefined || first.moment === null) return null
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const sum = new Float64Array(first.moment.length)
  members.forEach(({ moment }, index) => {
    if (moment !== null) addScaled(sum, moment, total === 0 ? 1 / members.length : (weights[index] as number) / total)
  })
  return Float32Array.from(sum)
}

async function leftAfter(
  layer: LayerAtHand,
  rests: readonly BasisMember[],
  weights: readonly number[],
  projection: Matrix,
  widths: readonly number[],
): Promise<number[]> {
  let whole = 0
  const caught = widths.map(() => 0)
  for (const [index, rest] of rests.entries()) {
    const weight = weights[index] as number
    whole += weight * (await weightedEnergy(mathOf(layer), rest.w, rest.moment))
    const energies = await caughtEnergies(mathOf(layer), rest, projection)
    widths.forEach((width, i) => {
      caught[i] = (caught[i] as number) + weight * (energies[width] as number)
    })
  }
  return caught.map((energy) => short(whole === 0 ? 1 : Math.min(1, Math.max(0, 1 - energy / whole))))
}
