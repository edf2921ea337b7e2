import { ExpectedError } from '../contract/errors.ts'
import type { AtLeast, ChoiceProgram, SizedChoice } from './integer-program.ts'
import { expertCosts, PAPER_EXPONENTS, tensorCost } from './pmq-cost.ts'
import type { ExpertSignificance, PmqExponents } from './pmq-cost.ts'

/** A constraint of the paper that this budget cannot hold, and is therefore left out. */
export interface PmqNote {
  readonly code: 'top-width-dropped'
  readonly width: number
}

/** A program whose item e is expert e and whose option i is `widths[i]`. */
export interface LayerProgram {
  readonly program: ChoiceProgram
  readonly notes: readonly PmqNote[]
}

/**
 * MC's program for one layer (Mixture Compressor, arXiv 2410.06270, pre-loading mixed-precision quantization): one width for each expert,
 * the widths' sum at most round(averageBits * experts), and at least one expert at each of the two largest widths that the budget allows (3
 * and 2 in the paper). `topWidths: false` leaves the last constraint out. Sizes are bits per weight.
 * @throws ExpectedError 'budget-too-small' with `averageBits` and `smallestAverageBits`
 */
export function layerProgram(
  experts: readonly ExpertSignificance[],
  widths: readonly number[],
  averageBits: number,
  { exponents = PAPER_EXPONENTS, topWidths = true }: { exponents?: PmqExponents; topWidths?: boolean } = {},
): LayerProgram {
  requireAverage(averageBits, widths)
  const capacity = Math.round(averageBits * experts.length)
  const choices = withSizes(expertCosts(experts, widths, exponents), (_, option) => widths[option] ?? 0)
  const top = topWidths ? topWidthsWithin(widths, experts.length, capacity) : { kept: [], dropped: [] }
  const atLeast = top.kept.map((width): AtLeast => {
    return { count: 1, options: experts.map((_, item) => ({ item, option: widths.indexOf(width) })) }
  })
  return { program: { choices, capacity, atLeast }, notes: top.dropped.map((width) => ({ code: 'top-width-dropped', width })) }
}

/**
 * The largest widths, two at most, that `count` experts can hold together within `capacity`; and which of the list's own top two that
 * leaves out.
 */
function topWidthsWithin(widths: readonly number[], count: number, capacity: number): { kept: number[]; dropped: number[] } {
  const falling = [...widths].sort((a, b) => b - a)
  const smallest = falling.at(-1) ?? 0
  const kept: number[] = []
  for (const width of falling) {
    const together = [...kept, width]
    const size = together.reduce((sum, one) => sum + one, 0) + (count - together.length) * smallest
    if (together.length <= Math.min(2, count) && size <= capacity) kept.push(width)
  }
  return { kept, dropped: falling.slice(0, 2).filter((width) => !kept.includes(width)) }
}

/** What all layers together may take: an average width over all experts, or bytes with the exact size of each expert at each width. */
export type GlobalLimit =
  { readonly averageBits: number } | { readonly bytes: number; readonly bytesOf: (layer: number, expert: number, width: number) => number }

/**
 * One program over all layers (ours; the paper solves each layer alone): items are the experts, layer by layer in order, without the
 * paper's constraint on top widths. A layer's costs are weighed by `layerSensitivity`, 1 by default.
 * @throws ExpectedError 'budget-too-small' with `averageBits` and `smallestAverageBits`, or with `budgetBytes` and `smallestBytes`
 */
export function globalProgram(
  layers: readonly (readonly ExpertSignificance[])[],
  widths: readonly number[],
  limit: GlobalLimit,
  layerSensitivity?: readonly number[],
  exponents: PmqExponents = PAPER_EXPONENTS,
): ChoiceProgram {
  const sizeOf = 'bytes' in limit ? limit.bytesOf : (_layer: number, _expert: number, width: number): number => width
  const choices = layers.flatMap((experts, layer) => {
    const weight = layerSensitivity === undefined ? 1 : (layerSensitivity[layer] ?? 1)
    const costs = expertCosts(experts, widths, exponents).map((row) => row.map((cost) => cost * weight))
    return withSizes(costs, (expert, option) => sizeOf(layer, expert, widths[option] ?? 0))
  })
  if ('bytes' in limit) return { choices, capacity: requireBytes(choices, limit.bytes), atLeast: [] }
  requireAverage(limit.averageBits, widths)
  return { choices, capacity: Math.round(limit.averageBits * choices.length), atLeast: [] }
}

/** One tensor that holds a projection of all experts of a layer, and so takes one type. */
export interface TensorSignificance {
  /** Per expert; `errors` by the index of the type in the list. */
  readonly experts: readonly ExpertSignificance[]
  /** Bytes of the tensor at each type of the list. */
  readonly bytes: readonly number[]
  /** Weighs the tensor's layer, 1 by default. */
  readonly sensitivity?: number
}

/**
 * MC's objective for files with one type a tensor, as GGUF has it (ours): item t is tensor t, option i the i-th type, cost = the sum over
 * experts of phi^alpha w^beta eps^gamma with eps measured for this projection and type.
 * @throws ExpectedError 'budget-too-small' with `budgetBytes` and `smallestBytes`
 */
export function tensorProgram(
  tensors: readonly TensorSignificance[],
  budgetBytes: number,
  exponents: PmqExponents = PAPER_EXPONENTS,
): ChoiceProgram {
  const choices = tensors.map(({ experts, bytes, sensitivity = 1 }) => {
    const costs = tensorCost(experts, bytes.length, exponents)
    return bytes.map((size, option) => ({ size, cost: (costs[option] ?? 0) * sensitivity }))
  })
  return { choices, capacity: requireBytes(choices, budgetBytes), atLeast: [] }
}

function withSizes(costs: readonly (readonly number[])[], sizeOf: (item: number, option: number) => number): SizedChoice[][] {
  return costs.map((row, item) => row.map((cost, option) => ({ cost, size: sizeOf(item, option) })))
}

function requireAverage(averageBits: number, widths: readonly number[]): void {
  const smallestAverageBits = Math.min(...widths)
  if (!(averageBits >= smallestAverageBits)) throw new ExpectedError('budget-too-small', { averageBits, smallestAverageBits })
}

function requireBytes(choices: readonly (readonly SizedChoice[])[], budgetBytes: number): number {
  const smallestBytes = choices.reduce((sum, options) => sum + Math.min(...options.map((option) => option.size)), 0)
  if (!(smallestBytes <= budgetBytes)) throw new ExpectedError('budget-too-small', { budgetBytes, smallestBytes })
  return Math.floor(budgetBytes)
}
