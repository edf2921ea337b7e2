import type { MethodCost } from '../contract/calls.ts'
import type { Recipe } from '../contract/recipe.ts'
import { wayOf } from '../pipeline/way.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { deviceList } from './device-list.ts'
import { openModel } from './open-model.ts'

/** How far from the device's best speed a method's arithmetic is expected to run: half of it, or a fifth. */
const EFFICIENCY = { low: 0.5, high: 0.2 }

/** method.cost: what the compress stage of a recipe would cost on its device. Nothing is loaded but the model's headers. */
export async function methodCost(dependencies: ServiceDependencies, recipe: Recipe): Promise<MethodCost> {
  const way = wayOf(recipe)
  if (way.format === 'gguf' || way.forms.cost === undefined) return { flops: 0, gflops: null, seconds: null, faster: [] }
  const { model: { shape } } = await openModel(recipe.modelPath)
  const { cost } = way.forms
  const flopsOf = (parameters: Readonly<Record<string, unknown>>) => cost(shape, recipe.calibrationTokens, null, parameters)
  const own = flopsOf(recipe.parameters)
  const gflops = await speedOf(dependencies, recipe)
  return {
    flops: own.flops, gflops, seconds: secondsOf(own.flops, gflops),
    faster: own.faster.map((parameters) => {
      // Taken on top of what is set already: half the steps of the solver chosen, not of the default one.
      const { flops } = flopsOf({ ...recipe.parameters, ...parameters })
      return { parameters: { ...parameters }, flops, seconds: secondsOf(flops, gflops) }
    }),
  }
}

/** Measured speed of the recipe's device; of the fastest one for 'auto'. */
async function speedOf(dependencies: ServiceDependencies, { device }: Recipe): Promise<number | null> {
  const devices = (await deviceList(dependencies)).filter((one) => one.available && (device === 'auto' || one.device === device))
  const speeds = devices.map((one) => one.gflops).filter((speed) => speed !== null)
  return speeds.length === 0 ? null : Math.max(...speeds)
}

function secondsOf(flops: number, gflops: number | null): MethodCost['seconds'] {
  if (gflops === null) return null
  const best = flops / (gflops * 1e9)
  return { low: best / EFFICIENCY.low, high: best / EFFICIENCY.high }
}
