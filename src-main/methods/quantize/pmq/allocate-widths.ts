import type { ChoiceProgram } from '../../../allocation/integer-program.ts'
import { globalProgram, layerProgram } from '../../../allocation/pmq.ts'
import { expertCosts } from '../../../allocation/pmq-cost.ts'
import type { ExpertSignificance } from '../../../allocation/pmq-cost.ts'
import { ExpectedError } from '../../../contract/errors.ts'
import { keepsLimit } from '../../limit.ts'
import type { FormPlanInput } from '../../method.ts'
import { packedForm } from '../packed/form.ts'
import type { Width } from '../packed/form.ts'
import { bytesOfForm } from '../../limit.ts'
import { allAt } from '../packed/limits.ts'
import type { RoundingLimit } from '../packed/limits.ts'
import { exponentsOf } from './settings.ts'
import type { PmqSettings } from './settings.ts'
import { solveAll } from './solve-all.ts'
import type { Solved } from './solve-all.ts'

/** Experts of all layers, and what a program may give them. */
export interface WidthProblem {
  readonly input: FormPlanInput
  readonly limit: RoundingLimit
  readonly layers: readonly (readonly ExpertSignificance[])[]
  /** Weighs the objective of each layer; used where layers share a budget. */
  readonly sensitivity: readonly number[]
  readonly widths: readonly Width[]
  readonly settings: PmqSettings
}

/** A width for each expert. */
export interface WidthAllocation {
  readonly widths: readonly (readonly Width[])[] // (layers, experts)
  /** Part of the objective. (layers, experts) */
  readonly costs: readonly (readonly number[])[]
  readonly solver: Solved['solver']
  /** Layers in which an expert at each of the two top widths, as the paper asks for, was too much for the budget. */
  readonly withoutTopWidths: number
}

/** Mean bits times experts may miss a whole number by rounding errors of this order. */
const ROUNDING = 1e-6

/** Experts of the whole model. */
function expertsOf({ layers }: WidthProblem): number {
  return layers.reduce((sum, experts) => sum + experts.length, 0)
}

/** Spends the limit: a program per layer, or one over all. Throws ExpectedError 'budget-too-small' when the smallest widths do not fit. */
export function allocateWidths(problem: WidthProblem): Promise<WidthAllocation> {
  const { limit, settings } = problem
  if (settings.scope === 'model')
    return limit.kind === 'bytes'
      ? bytesOverModel(problem, limit.bytes)
      : overModel(problem, { averageBits: Math.floor(limit.bits * expertsOf(problem) + ROUNDING) / expertsOf(problem) })
  return limit.kind === 'bytes'
    ? bytesByLayer(problem, limit.bytes)
    : byLayer(problem, Math.floor(limit.bits * expertsOf(problem) + ROUNDING))
}

/**
 * The paper's program for each layer. Where `totalBits`, the sum of all experts' widths, is no whole number a layer, some layers get a bit
 * more than others, evenly over the model, so that the mean over all of them is kept (the paper rounds in each layer, which can exceed it).
 */
async function byLayer(problem: WidthProblem, totalBits: number): Promise<WidthAllocation> {
  const { layers, widths, settings, input } = problem
  const programs = layers.map((experts, layer) => {
    const bits = Math.floor(((layer + 1) * totalBits) / layers.length) - Math.floor((layer * totalBits) / layers.length)
    return layerProgram(experts, widths, bits / experts.length, { exponents: exponentsOf(settings), topWidths: asksForTopWidths(widths) })
  })
  const { solutions, solver } = await solveAll(
    programs.map(({ program }) => program),
    input.solve,
    settings.timeLimit,
  )
  const withoutTopWidths = programs.filter(({ notes }) => notes.length > 0).length
  return {
    ...allocation(
      problem,
      solutions.map(({ picks }) => picks),
      layers.map(() => 1),
    ),
    solver,
    withoutTopWidths,
  }
}

/** The paper's constraint is made for three widths; of a long list the two largest would be forced on experts that need none so large. */
function asksForTopWidths(widths: readonly Width[]): boolean {
  return widths.length <= 3
}

/** The most bits whose folder fits, in steps of one bit of one expert. */
async function bytesByLayer(problem: WidthProblem, bytes: number): Promise<WidthAllocation> {
  const { outline } = problem.input
  const experts = expertsOf(problem)
  const [smallest = 0] = problem.widths
  const fits = ({ widths }: WidthAllocation): boolean =>
    keepsLimit(outline, packedForm(outline, widths, problem.settings), { kind: 'bytes', bytes })
  let low = smallest * experts
  let high = (problem.widths.at(-1) ?? 0) * experts
  let best = await byLayer(problem, low)
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const found = await byLayer(problem, middle)
    if (fits(found)) {
      low = middle
      best = found
    } else high = middle - 1
  }
  return best
}

async function overModel(problem: WidthProblem, limit: Parameters<typeof globalProgram>[2]): Promise<WidthAllocation> {
  const { layers, widths, sensitivity, settings, input } = problem
  const program: ChoiceProgram = globalProgram(layers, widths, limit, sensitivity, exponentsOf(settings))
  const {
    solutions: [solution],
    solver,
  } = await solveAll([program], input.solve, settings.timeLimit)
  const { experts } = input.outline.shape
  const picks = layers.map((_, layer) => solution?.picks.slice(layer * experts, (layer + 1) * experts) ?? [])
  return { ...allocation(problem, picks, sensitivity), solver, withoutTopWidths: 0 }
}

/**
 * Bytes of an expert are those of its tensors and its share of the headers, rounded up; should headers still come out longer than foreseen,
 * the program is solved again with so much less.
 */
async function bytesOverModel(problem: WidthProblem, bytes: number): Promise<WidthAllocation> {
  const {
    input: { outline },
    widths,
    settings,
  } = problem
  const experts = expertsOf(problem)
  const [smallest] = widths
  if (smallest === undefined) throw new Error('no widths to choose from')
  const least = bytesOfForm(outline, packedForm(outline, allAt(outline, smallest), settings))
  const above = new Map(
    widths.map((width) => {
      return [width as number, Math.ceil((bytesOfForm(outline, packedForm(outline, allAt(outline, width), settings)) - least) / experts)]
    }),
  )
  const bytesOf = (_layer: number, _expert: number, width: number): number => above.get(width) ?? 0
  for (let room = bytes - least; room >= 0;) {
    const found = await overModel(problem, { bytes: room, bytesOf })
    const excess = bytesOfForm(outline, packedForm(outline, found.widths, settings)) - bytes
    if (excess <= 0) return found
    room -= excess
  }
  throw new ExpectedError('budget-too-small', { budgetBytes: bytes, smallestBytes: least })
}

function allocation(
  { layers, widths, settings }: WidthProblem,
  picks: readonly (readonly number[])[],
  sensitivity: readonly number[],
): Pick<WidthAllocation, 'widths' | 'costs'> {
  const chosen = picks.map((inLayer) => inLayer.map((pick) => widths[pick] as Width)) // picks are indices of widths
  const costs = layers.map((experts, layer) => {
    return expertCosts(experts, widths, exponentsOf(settings)).map(
      (row, e) => (row[picks[layer]?.[e] ?? 0] ?? 0) * (sensitivity[layer] ?? 1),
    )
  })
  return { widths: chosen, costs }
}
