import { isExpertRole } from '../../../architectures/parts.ts'
import { tensorProgram } from '../../../allocation/pmq.ts'
import { tensorCost } from '../../../allocation/pmq-cost.ts'
import type { ExpertSignificance } from '../../../allocation/pmq-cost.ts'
import type { StoredTensor } from '../../../calibration/stored-tensors.ts'
import { ExpectedError } from '../../../contract/errors.ts'
import type { Plan } from '../../../contract/plan.ts'
import { assemblePlan } from '../../assemble-plan.ts'
import { padded } from '../../../formats/gguf/limits.ts'
import { candidatesOf } from '../../candidates.ts'
import type { Candidate } from '../../candidates.ts'
import type { PlanInput, SizeInput, SizeRange } from '../../method.ts'
import { bitsOfExperts, onlyCandidate } from '../blocks/one-type.ts'
import { requireRoundingLimit } from '../packed/limits.ts'
import { layerSensitivity, significanceOf, TypeMeasurement } from './measurement.ts'
import { measurementNotes } from './plan-widths.ts'
import { exponentsOf } from './settings.ts'
import type { PmqSettings } from './settings.ts'
import { solveAll } from './solve-all.ts'

const METHOD = 'mc'

/**
 * A GGUF file with a type for each projection of each layer. Throws ExpectedError 'budget-invalid', 'budget-too-small',
 * 'method-not-applicable'.
 */
export async function planTypes(input: PlanInput, settings: PmqSettings): Promise<Plan> {
  const limit = requireRoundingLimit(input.limit, METHOD)
  if (settings.skipExperts > 0) {
    throw new ExpectedError('method-not-applicable', { method: METHOD, reason: 'skips-not-held', format: 'gguf', use: 'safetensors' })
  }
  const original = input.tensors.map((tensor) => onlyCandidate(tensor, tensor.source))
  const fits = limit.kind === 'bytes' ? fileBytes(input, original) <= limit.bytes : bitsOfExperts(input.tensors, original) <= limit.bits
  if (settings.keepOriginal && fits) {
    return {
      ...assemblePlan(METHOD, { ...input, budgetBytes: budgetOf(input, original) }, { ...settings }, original),
      expectedError: 0,
      sensitivity: 'none',
      rounding: 'feedback',
    }
  }
  requireRoom(input, settings)
  const open = tensorsToChoose(input, settings)
  const layers = input.measurements.map((one) => TypeMeasurement.parse(one))
  const sensitivity = layerSensitivity(input.statistics, layers, settings.gamma)
  const filled = open.map(({ tensor, candidates }) => filledTensor(tensor, candidates, layers))
  const exact = limit.kind === 'bytes'
  const program = tensorProgram(
    open.map(({ tensor, candidates }, i) => ({
      experts: filled[i]?.experts ?? [],
      sensitivity: sensitivity[tensor.layer ?? 0] ?? 1,
      bytes: candidates.map(({ bytes }) => (exact ? padded(bytes, input.alignment) : bytes)),
    })),
    roomFor(input, settings),
    exponentsOf(settings),
  )
  const {
    solutions: [solution],
    solver,
  } = await solveAll([program], input.solve, settings.timeLimit)
  const picks = new Map(open.map(({ tensor }, i) => [tensor.name, solution?.picks[i] ?? 0]))
  const chosen = input.tensors.map((tensor) => choose(tensor, settings, picks.get(tensor.name)))
  const costs = new Map(
    open.map(({ tensor, candidates }, i) => {
      return [
        tensor.name,
        (tensorCost(filled[i]?.experts ?? [], candidates.length, exponentsOf(settings))[solution?.picks[i] ?? 0] ?? 0) *
          (sensitivity[tensor.layer ?? 0] ?? 1),
      ]
    }),
  )
  const unmeasured = new Set(open.flatMap(({ tensor }, i) => (filled[i]?.unmeasured ?? []).map((expert) => `${tensor.layer} ${expert}`)))
    .size
  const plan = assemblePlan(METHOD, { ...input, budgetBytes: budgetOf(input, chosen) }, { ...settings }, chosen)
  return {
    ...plan,
    expectedError: null,
    sensitivity: 'none',
    rounding: 'feedback',
    solver,
    notes: [
      { note: 'types-by-layer' },
      ...measurementNotes(
        unmeasured,
        layers.reduce((sum, one) => sum + one.unfactored, 0),
      ),
    ],
    cells: plan.cells.map((cell) => ({ ...cell, expectedError: costs.get(cell.tensor) ?? (cell.action === 'keep' ? 0 : null) })),
  }
}

/** From all experts at their smallest type to the original, or to their largest type. */
export function typesSizeRange(input: SizeInput, settings: PmqSettings): SizeRange {
  const at = (which: 'first' | 'last'): number =>
    fileBytes(
      input,
      input.tensors.map((tensor) => {
        return choose(tensor, settings, which === 'first' ? 0 : candidatesOf(tensor, settings.types).length - 1)
      }),
    )
  const original = fileBytes(
    input,
    input.tensors.map((tensor) => onlyCandidate(tensor, tensor.source)),
  )
  return { smallestBytes: at('first'), largestBytes: settings.keepOriginal ? original : at('last') }
}

/** The tensors a type is chosen for, with what they can be. */
function tensorsToChoose(input: SizeInput, settings: PmqSettings): { tensor: StoredTensor; candidates: Candidate[] }[] {
  return input.tensors
    .filter((tensor) => isExpertRole(tensor.role))
    .map((tensor) => ({ tensor, candidates: candidatesOf(tensor, settings.types) }))
}

/** An expert tensor's candidate by its index, any other's by the settings. */
function choose(tensor: StoredTensor, settings: PmqSettings, pick: number | undefined): Candidate {
  if (isExpertRole(tensor.role)) {
    const found = candidatesOf(tensor, settings.types)[pick ?? 0]
    if (found === undefined) throw noneAllowed(tensor, settings)
    return found
  }
  const wanted = tensor.role === 'embedding' || tensor.role === 'output' ? settings.embeddingType : settings.attentionType
  return onlyCandidate(tensor, wanted === 'keep' ? tensor.source : wanted)
}

function noneAllowed({ name }: StoredTensor, { types }: PmqSettings): ExpectedError {
  return new ExpectedError('request-invalid', { problems: [{ path: 'types', reason: 'no-type-for', tensor: name, types }] })
}

function fileBytes(input: SizeInput, chosen: readonly Candidate[]): number {
  return chosen.reduce((sum, { bytes }) => sum + padded(bytes, input.alignment), input.headerBytes)
}

/** The budget a plan states: the limit in bytes, or what the file takes. */
function budgetOf(input: PlanInput, chosen: readonly Candidate[]): number {
  return input.limit.kind === 'bytes' ? input.limit.bytes : fileBytes(input, chosen)
}

/** Bytes left for the experts: padded ones of the file, or those their mean bits allow. */
function roomFor(input: PlanInput, settings: PmqSettings): number {
  const { limit } = input
  if (limit.kind === 'expert-bits') {
    const weights = input.tensors.reduce((sum, { role, weights: own }) => sum + (isExpertRole(role) ? own : 0), 0)
    return Math.floor((limit.bits * weights) / 8 + 1e-6)
  }
  const fixed = input.tensors.filter(({ role }) => !isExpertRole(role)).map((tensor) => choose(tensor, settings, 0))
  return (limit.kind === 'bytes' ? limit.bytes : 0) - fileBytes(input, fixed)
}

/** Throws ExpectedError 'budget-too-small' with the nearest possible budget. */
function requireRoom(input: PlanInput, settings: PmqSettings): void {
  const { limit } = input
  const { smallestBytes } = typesSizeRange(input, settings)
  if (limit.kind === 'bytes' && limit.bytes < smallestBytes)
    throw new ExpectedError('budget-too-small', { budgetBytes: limit.bytes, smallestBytes })
  const smallestAverageBits = bitsOfExperts(
    input.tensors,
    input.tensors.map((tensor) => choose(tensor, settings, 0)),
  )
  if (limit.kind === 'expert-bits' && limit.bits < smallestAverageBits - 1e-9) {
    throw new ExpectedError('budget-too-small', { averageBits: limit.bits, smallestAverageBits, smallestBytes })
  }
}

function filledTensor(
  tensor: StoredTensor,
  candidates: readonly Candidate[],
  layers: readonly TypeMeasurement[],
): { experts: readonly ExpertSignificance[]; unmeasured: readonly number[] } {
  const layer = layers[tensor.layer ?? -1]
  if (layer === undefined || !isExpertRole(tensor.role)) throw new Error(`${tensor.name} was not measured`)
  const { errors, weightErrors } = layer.projections[tensor.role]
  const read = (own: Readonly<Record<string, number>>): Record<number, number> =>
    Object.fromEntries(candidates.flatMap(({ type }, i) => (own[type] === undefined ? [] : [[i, own[type]]])))
  return significanceOf(
    layer,
    { errors: errors.map(read), weightErrors: weightErrors.map(read) },
    candidates.map((_, i) => i),
  )
}
