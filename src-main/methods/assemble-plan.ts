import type { StoredTensor } from '../calibration/stored-tensors.ts'
import type { Plan, PlanCell } from '../contract/plan.ts'
import { padded } from './candidates.ts'
import type { Candidate } from './candidates.ts'
import type { PlanInput } from './method.ts'

/** The plan that stores each tensor as its chosen candidate. Bytes are those of the file to come, to the byte. */
export function assemblePlan(method: string, input: PlanInput, parameters: Readonly<Record<string, unknown>>, chosen: readonly Candidate[]): Plan {
  const cells = input.tensors.map((tensor, index) => cellOf(tensor, chosen[index], input))
  const bytes = cells.reduce((sum, cell) => sum + padded(cell.bytes, input.alignment), input.headerBytes)
  const weights = cells.reduce((sum, cell) => sum + cell.weights, 0)
  return {
    version: 1,
    method,
    parameters: { ...parameters },
    budgetBytes: input.budgetBytes,
    originalBytes: input.originalBytes,
    bytes,
    headerBytes: input.headerBytes,
    weights,
    bitsPerWeight: (bytes * 8) / weights,
    expectedError: cells.reduce((sum, cell) => sum + (cell.expectedError ?? 0), 0),
    sensitivity: input.errors.sensitivity,
    seed: input.seed,
    cells,
  }
}

function cellOf(tensor: StoredTensor, candidate: Candidate | undefined, input: PlanInput): PlanCell {
  if (candidate === undefined) throw new Error(`no type chosen for ${tensor.name}`)
  const lossless = tensor.keptInF32 || candidate.type === tensor.source
  return {
    layer: tensor.layer,
    role: tensor.role,
    tensor: tensor.name,
    action: lossless ? 'keep' : 'encode',
    detail: candidate.type,
    weights: tensor.weights,
    bytes: candidate.bytes,
    expectedError: lossless ? 0 : (input.errors.tensors[tensor.name]?.[candidate.type] ?? null),
    note: candidate.note,
  }
}
