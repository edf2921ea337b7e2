import type { ExpertRole } from '../../../architectures/parts.ts'
import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import type { FactoredForm } from '../../../contract/form.ts'
import { matrixOf } from '../../../factors/math.ts'
import type { FactorMath } from '../../../factors/math.ts'
import type { Matrix } from '../../../compute/matrix.ts'
import { whitenedSvd } from '../../../factors/whitened-svd.ts'
import { rankOf } from '../../../forms/factored.ts'
import type { FactoredMatrices, LayerValues } from '../../../forms/values.ts'
import type { LayerTask } from '../../method.ts'
import { expertSize, formedRoles } from '../plan/bound.ts'

/** What a layer's matrices are factored with. */
export function mathOf({ kernels, matrices }: LayerAtHand): FactorMath {
  return { algebra: kernels.algebra, matrices }
}

/** An expert's matrix of a role, (out, in). */
export async function expertMatrix(layer: LayerAtHand, role: ExpertRole, expert: number): Promise<Matrix> {
  const [rows, columns] = expertSize(role, layer.shape)
  return matrixOf(await layer.weights(role, expert), rows, columns)
}

/** The form of a role, which must be factored. */
export function factoredForm(task: LayerTask, role: ExpertRole): FactoredForm {
  const form = task.form[role]
  if (form?.kind !== 'factored') throw new Error(`${role} is not to be factored`)
  return form
}

/** What differs between methods that factor each expert on its own. */
export interface OwnFactoring {
  /** Whether the experts' own second moments are the norm. */
  readonly whitened: boolean
  /** Taken off every matrix of the role before it is factored, and kept beside the factors; null = nothing. */
  shared(role: ExpertRole): Promise<Float32Array | null>
}

/** Factors every expert's matrix on its own, expert by expert, at the ranks of the form. */
export async function factorEachExpert(layer: LayerAtHand, task: LayerTask, how: OwnFactoring): Promise<LayerValues> {
  const found = new Map<ExpertRole, { left: Float32Array[]; bases: Float32Array[]; shared: Float32Array | null }>()
  for (const role of formedRoles(task.form)) found.set(role, { left: [], bases: [], shared: await how.shared(role) })
  const { experts } = layer.shape
  for (let expert = 0; expert < experts; expert++) {
    let inputs: Float32Array | null = null // gate and up have the same
    for (const [role, { left, bases, shared }] of found) {
      const moment: Float32Array | null = !how.whitened
        ? null
        : role === 'expertUp' && inputs !== null
          ? inputs
          : await layer.secondMoment(role, expert)
      if (role === 'expertGate') inputs = moment
      const whole = await expertMatrix(layer, role, expert)
      const w = shared === null ? whole : { ...whole, data: whole.data.map((value, i) => value - (shared[i] as number)) }
      const factors = await (await whitenedSvd(mathOf(layer), w, moment)).truncate(rankOf(factoredForm(task, role), expert))
      left.push(factors.left)
      bases.push(factors.right)
    }
    task.onProgress((expert + 1) / experts)
  }
  return Object.fromEntries(Array.from(found, ([role, own]) => [role, { kind: 'factored', factors: factorsOf(own) }]))
}

/** Factors with nothing but these parts. */
export function factorsOf(parts: Pick<FactoredMatrices, 'left' | 'bases'> & Partial<FactoredMatrices>): FactoredMatrices {
  return { mix: null, shared: null, columns: null, corrections: [], ...parts }
}
