import type { MethodCost } from '../contract/calls.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { Planning } from '../pipeline/planning-threads.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { deviceSpeed, secondsAt, type Efficiency } from './machine-speed.ts'
import { foldersOf } from './one-job.ts'

/**
 * The part of a device's best speed that learning factors reaches. Measured with MoBE on one thread, processor time against the speed of a
 * product of 1024 (61 GFLOP/s): 0.12 on the demo model (256 x 256), 0.31 on experts of 768 x 1536. Half of the one and beyond the other,
 * because other machines and several threads differ.
 */
export const LEARNING: Efficiency = { best: 0.5, worst: 0.06 }

/** method.cost: what the compress stage of a recipe would cost on its device. Nothing is loaded but the model's headers. */
export async function methodCost(dependencies: ServiceDependencies, recipe: Recipe, planning: Planning): Promise<MethodCost> {
  const { flops, faster } = await planning.ask('cost', recipe, foldersOf(dependencies))
  if (flops === 0) return { flops, gflops: null, seconds: null, faster: [] }
  const gflops = await deviceSpeed(dependencies, recipe)
  const secondsOf = (work: number): MethodCost['seconds'] => (gflops === null ? null : secondsAt(work, gflops, LEARNING))
  return {
    flops,
    gflops,
    seconds: secondsOf(flops),
    faster: faster.map((offer) => ({ parameters: { ...offer.parameters }, flops: offer.flops, seconds: secondsOf(offer.flops) })),
  }
}
