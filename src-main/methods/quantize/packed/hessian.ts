import type { AttentionRole, LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import type { ExpertRole } from '../../../architectures/tensor-list.ts'
import { hessianFactor } from '../../../kernels/linear-algebra/hessian-factor.ts'

/** Share of the mean diagonal added to a Hessian, GPTQ's own. */
const DAMPING = 0.01

/** What error feedback needs of the inputs of a matrix. */
export interface InputFactor {
  /** (in, in) as kernels.gptq takes it; null where the inputs give none, and weights are rounded to the nearest. */
  readonly factor: Float64Array | null
  /** Mean x_j^2 of each input column; null where they are not finite. (in) */
  readonly importance: Float32Array | null
}

/** The factor of the inputs of a matrix; gate and up of an expert share theirs. */
export async function inputFactor(layer: LayerAtHand, role: ExpertRole | AttentionRole, expert: number | null): Promise<InputFactor> {
  const moment = await layer.secondMoment(role, expert)
  const size = Math.round(Math.sqrt(moment.length))
  const diagonal = Float32Array.from({ length: size }, (_, i) => moment[i * size + i] as number)
  return {
    factor: hessianFactor(layer.kernels.algebra, moment, size, DAMPING),
    importance: diagonal.every((value) => Number.isFinite(value) && value >= 0) ? diagonal : null,
  }
}
