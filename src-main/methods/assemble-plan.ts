import type { ErrorCost } from '../calibration/error-table.ts'
import type { StoredTensor } from '../calibration/stored-tensors.ts'
import type { Plan, PlanCell } from '../contract/plan.ts'
import { padded } from '../formats/gguf/limits.ts'
import type { Candidate } from './candidates.ts'
import type { PlanInput } from './method.ts'

/** The plan that stores each tensor as its chosen candidate. Bytes are those of the file to come, to the byte. */
export function assemblePlan(
  method: string,
  input: PlanInput,
  parameters: Readonly<Record<string, unknown>>,
  chosen: readonly Candidate[],
): Plan {
  const costs = input.tensors.map((tensor, index) => costOf(input, tensor, chosen[index]))
  const switching = Math.sqrt(costs.reduce((sum, cost) => sum + (cost?.switching ?? 0), 0))
  const cells = input.tensors.map((tensor, index) => cellOf(tensor, chosen[index], shareOf(costs[index] ?? null, switching)))
  const bytes = cells.reduce((sum, cell) => sum + padded(cell.bytes, input.alignment), input.headerBytes)
  const weights = cells.reduce((sum, cell) => sum + cell.weights, 0)
  return {
    version: 1,
    model: null,
    method,
    format: 'gguf',
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
    rounding: null,
    form: null,
    decisions: [],
    solver: null,
    notes: [],
    cells,
  }
}

/** What the choice costs: nothing when the tensor stays as it is, null when nobody knows. */
function costOf(input: PlanInput, tensor: StoredTensor, candidate: Candidate | undefined): ErrorCost | null {
  if (candidate === undefined) throw new Error(`no type chosen for ${tensor.name}`)
  if (isLossless(tensor, candidate)) return { smooth: 0, switching: 0 }
  return input.errors.tensors[tensor.name]?.[candidate.type] ?? null
}

/** A tensor's share of the plan's predicted divergence, sum of smooth + root of the sum of switching; shares add up to it. */
function shareOf(cost: ErrorCost | null, rootOfSwitching: number): number | null {
  if (cost === null) return null
  return cost.smooth + (rootOfSwitching === 0 ? 0 : cost.switching / rootOfSwitching)
}

function isLossless(tensor: StoredTensor, candidate: Candidate): boolean {
  return tensor.keptInF32 || candidate.type === tensor.source
}

function cellOf(tensor: StoredTensor, candidate: Candidate | undefined, expectedError: number | null): PlanCell {
  if (candidate === undefined) throw new Error(`no type chosen for ${tensor.name}`)
  return {
    layer: tensor.layer,
    expert: null,
    role: tensor.role,
    tensor: tensor.name,
    action: isLossless(tensor, candidate) ? 'keep' : 'encode',
    detail: candidate.type,
    rank: null,
    weights: tensor.weights,
    bytes: candidate.bytes,
    expectedError,
    note: candidate.note,
  }
}
