import type { MethodCost } from '../contract/calls.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { deviceList } from './device-list.ts'

/** Seconds something should take. */
export type Seconds = NonNullable<MethodCost['seconds']>

/** The part of a device's measured speed that a kind of work reaches: at best, and at worst. */
export interface Efficiency {
  readonly best: number
  readonly worst: number
}

/** Measured speed of the recipe's device, GFLOP/s; of the fastest one for 'auto'; null when it was not measured. */
export async function deviceSpeed(dependencies: ServiceDependencies, { device }: Pick<Recipe, 'device'>): Promise<number | null> {
  const devices = (await deviceList(dependencies)).filter((one) => one.available && (device === 'auto' || one.device === device))
  const speeds = devices.map((one) => one.gflops).filter((speed) => speed !== null)
  return speeds.length === 0 ? null : Math.max(...speeds)
}

/** Range `flops` should take on a device of this speed. */
export function secondsAt(flops: number, gflops: number, { best, worst }: Efficiency): Seconds {
  const seconds = flops / (gflops * 1e9)
  return { low: seconds / best, high: seconds / worst }
}
