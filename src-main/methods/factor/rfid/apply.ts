import type { ExpertRole } from '../../../architectures/parts.ts'
import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import type { Matrix } from '../../../compute/matrix.ts'
import type { FactoredForm } from '../../../contract/form.ts'
import { fitLeft } from '../../../factors/fit-left.ts'
import { matrixOf } from '../../../factors/math.ts'
import { pickColumns } from '../../../factors/pick-columns.ts'
import { addScaled, refineBasis } from '../../../factors/refine-basis.ts'
import type { WeightedMember } from '../../../factors/refine-basis.ts'
import { commonNorm, memberGram, sharedSpectrum } from '../../../factors/shared-basis.ts'
import type { CommonNorm } from '../../../factors/shared-basis.ts'
import { whitenedSvd } from '../../../factors/whitened-svd.ts'
import { factoredSize } from '../../../forms/factored.ts'
import { residualProjection } from '../../../forms/sparse-projection.ts'
import type { FactoredMatrices, LayerValues } from '../../../forms/values.ts'
import type { LayerTask } from '../../method.ts'
import { expertMatrix, factoredForm, factorsOf, mathOf } from '../apply/each-expert.ts'
import { expertSize, formedRoles } from '../plan/bound.ts'
import { membersOf } from './candidates.ts'
import { memberOf, weighedMember } from './facing.ts'
import { addSeen, denseProjection, restOf } from './residual.ts'
import { Decision } from './settings.ts'

/** Everything one projection is factored with. */
interface Work {
  readonly layer: LayerAtHand
  readonly role: ExpertRole
  readonly form: FactoredForm
  /** Weight of each expert's error. */
  readonly weights: readonly number[]
  readonly norm: CommonNorm | null
  readonly columns: number
}

/** The factors of every projection that has a form. @param sweeps of alternating least squares on a shared basis */
export async function applyRfid(layer: LayerAtHand, task: LayerTask, sweeps: number): Promise<LayerValues> {
  const { weights } = Decision.parse(task.decision)
  const roles = formedRoles(task.form)
  const values: [ExpertRole, { kind: 'factored'; factors: FactoredMatrices }][] = []
  for (const [index, role] of roles.entries()) {
    const form = factoredForm(task, role)
    const [, columns] = factoredSize(form, expertSize(role, layer.shape))
    const norm = form.transposed ? null : commonNorm(mathOf(layer), await layer.secondMoment(role, null), columns)
    values.push([role, { kind: 'factored', factors: await factorProjection({ layer, role, form, weights, norm, columns }, sweeps) }])
    task.onProgress((index + 1) / roles.length)
  }
  return Object.fromEntries(values)
}

async function factorProjection(work: Work, sweeps: number): Promise<FactoredMatrices> {
  const bases = await basesOf(work, sweeps)
  const columns = work.form.residual?.kind === 'columns' ? await chosenColumns(work, bases, work.form.residual.columns) : null
  const projection =
    work.form.residual === null ? null : denseProjection(residualProjection(work.form.residual, work.columns, columns), work.columns)
  const left: Float32Array[] = []
  const corrections: Float32Array[] = []
  for (let expert = 0; expert < work.layer.shape.experts; expert++) {
    const own = await fitExpert(work, expert, basisOf(work, bases, expert), projection)
    left.push(own.left)
    if (own.correction !== null) corrections.push(own.correction)
  }
  return factorsOf({ left, bases: bases.map(({ data }) => data), columns, corrections })
}

// formed with one each
const basisOf = ({ form }: Work, bases: readonly Matrix[], expert: number): Matrix => bases[form.basisOf?.[expert] ?? 0] as Matrix

/** A basis for every group: a lone expert's own best, else the common directions of the group, refined. */
async function basesOf(work: Work, sweeps: number): Promise<Matrix[]> {
  const bases: Matrix[] = []
  for (const [group, members] of membersOf(work.form.basisOf ?? []).entries()) {
    const rank = work.form.ranks[group] ?? 0
    const [only = 0] = members
    bases.push(members.length === 1 ? await ownBasis(work, only, rank) : await groupBasis(work, members, rank, sweeps))
  }
  return bases
}

async function ownBasis({ layer, role, form, columns }: Work, expert: number, rank: number): Promise<Matrix> {
  const { w, moment } = await weighedMember(layer, role, expert, form.transposed)
  return matrixOf((await (await whitenedSvd(mathOf(layer), w, moment)).truncate(rank)).right, rank, columns)
}

async function groupBasis(
  { layer, role, form, weights, norm, columns }: Work,
  members: readonly number[],
  rank: number,
  sweeps: number,
): Promise<Matrix> {
  const math = mathOf(layer)
  const gram = new Float64Array(columns * columns)
  for (const expert of members) {
    const { w } = form.transposed ? await weighedMember(layer, role, expert, true) : { w: await expertMatrix(layer, role, expert) }
    addScaled(gram, await memberGram(math, w, norm), weights[expert] as number)
  }
  const start = sharedSpectrum(math, gram, columns, norm).basis(rank)
  if (form.transposed) return start // the spectrum's directions are the best there are
  async function* each(): AsyncGenerator<WeightedMember> {
    for (const expert of members) yield { ...(await memberOf(layer, role, expert, false)), weight: weights[expert] as number }
  }
  return refineBasis(math, each, start, norm, sweeps)
}

/** Columns of the projection whose residual is kept, rising. */
async function chosenColumns(work: Work, bases: readonly Matrix[], count: number): Promise<Int32Array> {
  const { layer, role, form, norm, columns, weights } = work
  const seen = new Float64Array(columns * columns)
  for (let expert = 0; expert < layer.shape.experts; expert++) {
    const member = await weighedMember(layer, role, expert, form.transposed)
    const basis = basisOf(work, bases, expert)
    await addSeen(layer, seen, await restOf(layer, member, basis, basis.rows), norm?.moment ?? null, weights[expert] as number)
  }
  return Int32Array.from(pickColumns(seen, norm?.moment ?? null, columns, count)).sort()
}

/**
 * A_e and C_e of one expert. They are fitted together, as the left factor of B and P stacked: then the correction can only lower the error.
 */
async function fitExpert(
  { layer, role, form, columns }: Work,
  expert: number,
  basis: Matrix,
  projection: Matrix | null,
): Promise<{ left: Float32Array; correction: Float32Array | null }> {
  const { w, moment } = await memberOf(layer, role, expert, form.transposed)
  if (projection === null) return { left: await fitLeft(mathOf(layer), w, moment, basis), correction: null }
  const stacked = new Float32Array((basis.rows + projection.rows) * columns)
  stacked.set(basis.data)
  stacked.set(projection.data, basis.data.length)
  const both = await fitLeft(mathOf(layer), w, moment, matrixOf(stacked, basis.rows + projection.rows, columns))
  return { left: columnsOf(both, w.rows, 0, basis.rows), correction: columnsOf(both, w.rows, basis.rows, projection.rows) }
}

/** Columns [start, start + count) of a matrix of `rows` rows. */
function columnsOf(data: Float32Array, rows: number, start: number, count: number): Float32Array {
  const width = data.length / rows
  const out = new Float32Array(rows * count)
  for (let row = 0; row < rows; row++) out.set(data.subarray(row * width + start, row * width + start + count), row * count)
  return out
}
