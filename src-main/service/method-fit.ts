import { availableParallelism } from 'node:os'
import type { MethodFit } from '../contract/curve.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { Planning } from '../pipeline/planning-threads.ts'
import type { RunWork } from '../pipeline/run-work.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { deviceSpeed, secondsAt, type Efficiency, type Seconds } from './machine-speed.ts'
import { LEARNING } from './method-cost.ts'
import { foldersOf } from './one-job.ts'

/**
 * Passes through the demo model on one thread, processor time against the speed of a large product: calibration 0.73 of it, judging 0.55,
 * probing single tensors 0.28.
 */
const FORWARD: Efficiency = { best: 0.75, worst: 0.2 }

/** Reading, copying and hashing come on top of a kernel's own time: writing the demo model took four times that, GPTQ one and a half. */
const KERNELS = { low: 1, high: 5 }

/** method.fit: every method on a recipe's model, budget and format: what it would give, or why it cannot. Times are of a whole run. */
export async function methodFit(dependencies: ServiceDependencies, recipe: Recipe, planning: Planning): Promise<MethodFit[]> {
  const [fits, gflops] = await Promise.all([planning.ask('fits', recipe, foldersOf(dependencies)), deviceSpeed(dependencies, recipe)])
  const threads = recipe.threads || availableParallelism()
  return fits.map(({ work, ...fit }) => ({ ...fit, seconds: work === null || gflops === null ? null : runSeconds(work, gflops, threads) }))
}

function runSeconds({ forwardFlops, learningFlops, kernelSeconds }: RunWork, gflops: number, threads: number): Seconds {
  const passes = secondsAt(forwardFlops, gflops, FORWARD)
  const learning = secondsAt(learningFlops, gflops, LEARNING)
  const rounding = kernelSeconds / threads
  return { low: passes.low + learning.low + rounding * KERNELS.low, high: passes.high + learning.high + rounding * KERNELS.high }
}
