import type { AttentionRole, LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import type { ExpertRole } from '../../../architectures/parts.ts'

/** What error feedback needs of the inputs of a matrix. */
export interface InputFactor {
  /**
   * (in, in) as kernels.gptq takes it, to be released after its last use; null where the inputs give none, and weights are rounded to the
   * nearest.
   */
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
    factor: await layer.rounding.factor(moment, size),
    importance: diagonal.every((value) => Number.isFinite(value) && value >= 0) ? diagonal : null,
  }
}
