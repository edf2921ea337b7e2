import type { ExpertRole } from '../../../architectures/parts.ts'
import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import type { Matrix } from '../../../compute/matrix.ts'
import { transposeOf } from '../../../factors/math.ts'
import { regularized, whitenerOf } from '../../../factors/moments.ts'
import type { BasisMember } from '../../../factors/shared-basis.ts'
import { expertMatrix, mathOf } from '../apply/each-expert.ts'

/**
 * An expert's matrix as its factors see it. As it lies: W with the moment of its inputs. Transposed: W^T, whose columns are the outputs and
 * whose errors count alike in every column; the least-squares left factor of a transposed matrix does not depend on the moment.
 */
export async function memberOf(layer: LayerAtHand, role: ExpertRole, expert: number, transposed: boolean): Promise<BasisMember> {
  const w = await expertMatrix(layer, role, expert)
  return transposed ? { w: transposeOf(w), moment: null } : { w, moment: await layer.secondMoment(role, expert) }
}

/** The same with everything the error's norm needs: a transposed matrix comes as S^T W^T, S S^T the moment of its inputs. */
export async function weighedMember(layer: LayerAtHand, role: ExpertRole, expert: number, transposed: boolean): Promise<BasisMember> {
  if (!transposed) return memberOf(layer, role, expert, false)
  const w = await expertMatrix(layer, role, expert)
  return { w: await timesRoot(layer, w, await layer.secondMoment(role, expert)), moment: null }
}

/** (W S)^T */
async function timesRoot(layer: LayerAtHand, w: Matrix, moment: Float32Array): Promise<Matrix> {
  const usable = regularized(moment, w.columns)
  if (usable === null) return transposeOf(w)
  const { factor } = whitenerOf(layer.kernels.algebra, usable, w.columns)
  return transposeOf(await mathOf(layer).matrices.product(w, { data: Float32Array.from(factor), rows: w.columns, columns: w.columns }))
}
