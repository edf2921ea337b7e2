import { isExpertRole, roleShape } from '../architectures/parts.ts'
import type { ModelForm } from '../contract/form.ts'
import type { PlanNote } from '../contract/notes.ts'
import type { Plan, PlanCell } from '../contract/plan.ts'
import { folderBytes } from '../forms/folder-tensors.ts'
import type { FolderTensor } from '../forms/folder-tensors.ts'
import { BYTES_PER_ELEMENT } from '../tensor/dtype.ts'
import { elementCount } from '../tensor/tensor.ts'
import { outlineTensors, plainForm } from './limit.ts'
import type { FormPlanInput, ModelOutline } from './method.ts'

/** What a method decided, to be made a plan of. */
export interface FormDecision {
  readonly form: ModelForm
  /** One per layer, plain JSON. */
  readonly decisions: readonly unknown[]
  readonly parameters: Readonly<Record<string, unknown>>
  readonly notes: readonly PlanNote[]
  readonly solver?: NonNullable<Plan['solver']>
  /** What is said of one matrix (or of a projection's shared tensors, expert null) whose form is not plain. */
  describe(layer: number, role: string, expert: number | null): { detail: string; rank?: number; expectedError: number | null }
}

/**
 * The plan of an export. Its bytes are those of the folder's weight files, to the byte; a dense rebuild has every tensor of the original.
 */
export function assembleFormPlan(method: string, input: FormPlanInput, decision: FormDecision): Plan {
  const { outline, format, limit } = input
  const tensors = outlineTensors(outline, format === 'safetensors-dense' ? plainForm(outline) : decision.form)
  const bytes = folderBytes(tensors).total
  const cells = cellsOf(outline, tensors, decision)
  const weights = cells.reduce((sum, cell) => sum + cell.weights, 0)
  return {
    version: 1,
    model: null,
    method,
    format,
    parameters: { ...decision.parameters },
    budgetBytes: limit.kind === 'bytes' ? limit.bytes : bytes,
    originalBytes: input.originalBytes,
    bytes,
    headerBytes: bytes - cells.reduce((sum, cell) => sum + cell.bytes, 0),
    weights,
    bitsPerWeight: (bytes * 8) / weights,
    expectedError: null,
    sensitivity: 'none',
    seed: input.seed,
    rounding: null,
    form: decision.form,
    decisions: [...decision.decisions],
    notes: [...decision.notes],
    solver: decision.solver ?? null,
    cells,
  }
}

/** One cell per matrix, and one for what the matrices of a projection share. */
function cellsOf(outline: ModelOutline, tensors: readonly FolderTensor[], decision: FormDecision): PlanCell[] {
  const cells = new Map<string, PlanCell>()
  for (const tensor of tensors) {
    const key = `${tensor.layer} ${tensor.role} ${tensor.expert}`
    const cell = cells.get(key)
    const bytes = elementCount(tensor.shape) * BYTES_PER_ELEMENT[tensor.dtype]
    cells.set(key, cell === undefined ? firstCell(outline, tensor, bytes, decision) : { ...cell, bytes: cell.bytes + bytes })
  }
  return [...cells.values()]
}

function firstCell({ shape }: ModelOutline, tensor: FolderTensor, bytes: number, decision: FormDecision): PlanCell {
  const { layer, role, expert, name } = tensor
  const isShared = isExpertRole(role) && expert === null
  const weights = isShared ? 0 : elementCount(roleShape(shape, role))
  const form = layer === null ? undefined : Object.entries(decision.form.layers[layer] ?? {}).find(([key]) => key === role)?.[1]
  const place = { layer, expert, role, tensor: name, rank: null, weights, bytes, note: null }
  if (form === undefined || layer === null) return { ...place, action: 'keep', detail: tensor.dtype, expectedError: null }
  return { ...place, action: form.kind === 'packed' ? 'pack' : 'factor', ...decision.describe(layer, role, expert) }
}
