import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import { EXPERT_ROLES } from '../../../architectures/parts.ts'
import { whitenedSvd } from '../../../factors/whitened-svd.ts'
import { expertMatrix, mathOf } from '../apply/each-expert.ts'

/** Singular values above this share of the largest count as significant. */
const SIGNIFICANT = 0.01
/** Inputs beyond this many root mean squares are outliers. */
const OUTLIER = 3

/**
 * S_l = sum_e p_e r_e a_e of MoE-SVD: p_e the share of routed tokens, r_e the mean number of significant (whitened) singular values of the
 * expert's matrices, a_e the share of its inputs that are outliers. The thresholds are ours: the description names none.
 */
export async function sensitivityOfLayer(layer: LayerAtHand): Promise<number> {
  const { experts } = layer.shape
  const routed = Array.from({ length: experts }, (_, expert) => layer.gatesOf(expert).length)
  const total = Math.max(
    1,
    routed.reduce((sum, tokens) => sum + tokens, 0),
  )
  let sum = 0
  for (let expert = 0; expert < experts; expert++) {
    if (routed[expert] === 0) continue
    sum += ((routed[expert] as number) / total) * (await significantValues(layer, expert)) * outlierShare(layer.inputsOf(expert))
  }
  return sum
}

async function significantValues(layer: LayerAtHand, expert: number): Promise<number> {
  let count = 0
  for (const role of EXPERT_ROLES) {
    const { energies } = await whitenedSvd(mathOf(layer), await expertMatrix(layer, role, expert), await layer.secondMoment(role, expert))
    const least = (energies[0] ?? 0) * SIGNIFICANT ** 2
    count += energies.filter((energy) => energy > least).length / EXPERT_ROLES.length
  }
  return count
}

function outlierShare(inputs: Float32Array): number {
  const power = inputs.reduce((sum, x) => sum + x * x, 0) / Math.max(1, inputs.length)
  const limit = OUTLIER * Math.sqrt(power)
  return inputs.reduce((count, x) => count + (Math.abs(x) > limit ? 1 : 0), 0) / Math.max(1, inputs.length)
}
