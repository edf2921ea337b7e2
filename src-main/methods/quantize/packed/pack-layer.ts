import { EXPERT_ROLES } from '../../../architectures/parts.ts'
import type { ExpertRole } from '../../../architectures/parts.ts'
import type { AttentionRole, LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import { severalAtOnce } from '../../../calibration/several-at-once.ts'
import type { PackedForm } from '../../../contract/form.ts'
import type { LayerValues, PackedMatrix } from '../../../forms/values.ts'
import type { LayerTask } from '../../method.ts'
import { ATTENTION_ROLES } from './form.ts'
import { inputFactor } from './hessian.ts'

/** Rounds to the best point of the grid, or with GPTQ's error feedback. */
export type PackRounding = 'nearest' | 'feedback'

/** Matrices that have the same inputs, and so the same factor. */
interface Batch {
  readonly roles: readonly (ExpertRole | AttentionRole)[]
  /** null for attention. */
  readonly expert: number | null
}

const SAME_INPUTS = {
  attention: [['query', 'key', 'value'], ['attentionOutput']],
  experts: [['expertGate', 'expertUp'], ['expertDown']],
} as const satisfies Record<string, readonly (readonly (ExpertRole | AttentionRole)[])[]>

/**
 * The codes of every matrix the form packs, rounded on all of the run's threads. The codes do not depend on their number.
 * Throws the signal's reason when aborted.
 */
export async function packLayer(
  layer: LayerAtHand,
  task: Pick<LayerTask, 'form' | 'onProgress'>,
  rounding: PackRounding,
): Promise<LayerValues> {
  const { form, onProgress } = task
  const batches = batchesOf(form, layer.shape.experts)
  const total = batches.reduce((sum, { roles }) => sum + roles.length, 0)
  let done = 0
  const packed = await severalAtOnce(batches, layer.rounding.threads + 1, async ({ roles, expert }) => {
    layer.signal.throwIfAborted()
    const [first] = roles
    const factor = rounding === 'nearest' || first === undefined ? null : (await inputFactor(layer, first, expert)).factor
    const matrices = await Promise.all(
      roles.map(async (role) => {
        const matrix = await pack(layer, role, expert ?? 0, packedOf(form, role), factor)
        onProgress(++done / total)
        return matrix
      }),
    )
    if (factor !== null) layer.rounding.release(factor)
    return matrices
  })
  const values: LayerValues = {}
  for (const role of [...ATTENTION_ROLES, ...EXPERT_ROLES]) {
    const matrices = batches.flatMap(({ roles }, batch) => packed[batch]?.filter((_, i) => roles[i] === role) ?? [])
    if (matrices.length > 0) values[role] = { kind: 'packed', matrices }
  }
  return values
}

/** Attention first, then expert by expert. */
function batchesOf(form: LayerTask['form'], experts: number): Batch[] {
  const named = (lists: readonly Batch['roles'][], expert: number | null): Batch[] => {
    return lists
      .map((roles) => ({ roles: roles.filter((role) => form[role] !== undefined), expert }))
      .filter(({ roles }) => roles.length > 0)
  }
  return [
    ...named(SAME_INPUTS.attention, null),
    ...Array.from({ length: experts }, (_, expert) => named(SAME_INPUTS.experts, expert)).flat(),
  ]
}

function packedOf(form: LayerTask['form'], role: ExpertRole | AttentionRole): PackedForm {
  const found = form[role]
  if (found?.kind !== 'packed') throw new Error(`${role} is not to be packed`)
  return found
}

async function pack(
  layer: LayerAtHand,
  role: ExpertRole | AttentionRole,
  expert: number,
  form: PackedForm,
  factor: Float64Array | null,
): Promise<PackedMatrix> {
  const bits = form.bits[expert]
  if (bits === undefined) throw new Error(`no width for ${role} of expert ${expert}`)
  const weights = await layer.weights(role, expert)
  return layer.rounding.quantize({ weights, columns: columnsOf(layer, role), factor, bits, groupSize: form.groupSize })
}

/** Input columns of a matrix. */
function columnsOf({ shape }: LayerAtHand, role: ExpertRole | AttentionRole): number {
  if (role === 'expertDown') return shape.expertWidth
  return role === 'attentionOutput' ? shape.heads * shape.headSize : shape.hidden
}
