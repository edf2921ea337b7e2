import { EXPERT_ROLES } from '../../../architectures/tensor-list.ts'
import type { ExpertRole } from '../../../architectures/tensor-list.ts'
import type { AttentionRole, LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import type { PackedForm } from '../../../contract/form.ts'
import type { LayerValues, PackedMatrix } from '../../../forms/values.ts'
import type { LayerTask } from '../../method.ts'
import { ATTENTION_ROLES } from './form.ts'
import { inputFactor } from './hessian.ts'

/** Rounds to the best point of the grid, or with GPTQ's error feedback. */
export type Rounding = 'nearest' | 'feedback'

/** The codes of every matrix the form packs, attention first, then expert by expert. Throws the signal's reason when aborted. */
export async function packLayer(layer: LayerAtHand, task: Pick<LayerTask, 'form' | 'onProgress'>, rounding: Rounding): Promise<LayerValues> {
  const { form, onProgress } = task
  const attention = ATTENTION_ROLES.filter((role) => form[role] !== undefined)
  const experts = EXPERT_ROLES.filter((role) => form[role] !== undefined)
  const total = attention.length + experts.length * layer.shape.experts
  let done = 0
  const advance = (): void => onProgress(++done / total)
  const values: LayerValues = {}
  for (const role of attention) {
    const factor = rounding === 'nearest' ? null : (await inputFactor(layer, role, null)).factor
    values[role] = { kind: 'packed', matrices: [await pack(layer, role, 0, packedOf(form, role), factor)] }
    advance()
  }
  const matrices = new Map(experts.map((role): [ExpertRole, PackedMatrix[]] => [role, []]))
  for (let expert = 0; expert < layer.shape.experts; expert++) {
    let factor: Float64Array | null = null
    for (const role of experts) {
      layer.signal.throwIfAborted()
      // Gate and up have the same inputs.
      if (rounding === 'feedback' && (role !== 'expertUp' || !experts.includes('expertGate'))) factor = (await inputFactor(layer, role, expert)).factor
      matrices.get(role)?.push(await pack(layer, role, expert, packedOf(form, role), factor))
      advance()
    }
  }
  for (const [role, ofRole] of matrices) values[role] = { kind: 'packed', matrices: ofRole }
  return values
}

function packedOf(form: LayerTask['form'], role: ExpertRole | AttentionRole): PackedForm {
  const found = form[role]
  if (found?.kind !== 'packed') throw new Error(`${role} is not to be packed`)
  return found
}

async function pack(layer: LayerAtHand, role: ExpertRole | AttentionRole, expert: number, form: PackedForm, factor: Float64Array | null): Promise<PackedMatrix> {
  const bits = form.bits[expert]
  if (bits === undefined) throw new Error(`no width for ${role} of expert ${expert}`)
  const weights = await layer.weights(role, expert)
  return layer.kernels.gptq.quantizeGroups({ weights, columns: columnsOf(layer, role), factor, bits, groupSize: form.groupSize })
}

/** Input columns of a matrix. */
function columnsOf({ shape }: LayerAtHand, role: ExpertRole | AttentionRole): number {
  if (role === 'expertDown') return shape.expertWidth
  return role === 'attentionOutput' ? shape.heads * shape.headSize : shape.hidden
}
