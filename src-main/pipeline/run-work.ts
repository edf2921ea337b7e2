import { probeFlops } from '../calibration/sensitivity.ts'
import type { Plan } from '../contract/plan.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { KernelSpeed } from './kernel-speed.ts'
import type { Source } from './source.ts'
import { measureOf } from './way.ts'
import type { Way } from './way.ts'
import { forwardFlops, logitsFlops } from './work.ts'

/** What a whole run has to do, calibration to report, by what decides how fast it is done. Reading the model from disk is not counted. */
export interface RunWork {
  /** Of passes through the model, as far as shapes tell. */
  readonly forwardFlops: number
  /** Of learning factors. */
  readonly learningFlops: number
  /** Rounding on one thread of this machine. */
  readonly kernelSeconds: number
}

/** Types whose error is measured in every matrix, and the rows of each that are looked at: see measure-errors.ts. */
const ERROR_TYPES = 7
const ERROR_ROWS = 4096

/**
 * The work of a run that writes `plan`; null where nobody knows: methods that look at layers in ways of their own, or learn without saying
 * how long.
 */
export function runWork(recipe: Recipe, way: Way, { model: { shape }, tensors }: Source, plan: Plan, speed: KernelSpeed): RunWork | null {
  if (measureOf(way) !== null) return null
  const { calibrationTokens, heldOutTokens, windowTokens } = recipe
  const judge = 2 * (forwardFlops(shape, heldOutTokens, windowTokens) + logitsFlops(shape, heldOutTokens))
  const passes = forwardFlops(shape, calibrationTokens, windowTokens) + judge
  const matrices = tensors.filter((tensor) => !tensor.keptInF32)
  if (way.format === 'gguf') {
    const probes = way.blocks.needs.includes('encode-errors') ? probeFlops(shape, matrices, calibrationTokens) : 0
    const sampled = matrices.reduce((sum, { weights, columns }) => sum + Math.min(weights, ERROR_ROWS * columns), 0) * ERROR_TYPES
    const again = plan.rounding === 'feedback' ? forwardFlops(shape, calibrationTokens, windowTokens) : 0
    return {
      forwardFlops: passes + probes + again,
      learningFlops: 0,
      kernelSeconds: roundingSeconds(plan, speed) + sampled / speed.weightsPerSecond,
    }
  }
  // Folders are written from what flows into each layer: the calibration text runs once more.
  const forward = passes + forwardFlops(shape, calibrationTokens, windowTokens)
  if (way.forms.makes === 'packed') return { forwardFlops: forward, learningFlops: 0, kernelSeconds: roundingSeconds(plan, speed) }
  if (way.forms.cost === undefined) return null
  return {
    forwardFlops: forward,
    learningFlops: way.forms.cost(shape, calibrationTokens, plan.form, recipe.parameters).flops,
    kernelSeconds: 0,
  }
}

function roundingSeconds({ rounding }: Plan, speed: KernelSpeed): number {
  return rounding === 'feedback' ? speed.feedbackSeconds : speed.nearestSeconds
}
