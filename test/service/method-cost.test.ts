import { expect, test } from 'vitest'
import type { DeviceProfile } from '../../src-main/contract/calls.ts'
import type { Recipe } from '../../src-main/contract/recipe.ts'
import { methodCost as answer } from '../../src-main/service/method-cost.ts'
import type { ServiceDependencies } from '../../src-main/service/dependencies.ts'
import { recipe } from '../store/example.ts'
import { DEMO_MODEL, examplePlanning, exampleWorkplace } from './example-service.ts'

const methodCost = (dependencies: ServiceDependencies, asked: Recipe) => answer(dependencies, asked, examplePlanning())

const GFLOPS = 100
const device = (changes: Partial<DeviceProfile>): DeviceProfile => ({
  device: 'cpu',
  available: true,
  detail: { said: '' },
  gflops: GFLOPS,
  ...changes,
})

/** A service's dependencies on a machine with these devices. */
function machine(devices: readonly DeviceProfile[]): ServiceDependencies {
  return { ...exampleWorkplace().dependencies, probeDevices: async () => [...devices] }
}

const mobe = (parameters: Record<string, unknown> = {}) =>
  recipe({ modelPath: DEMO_MODEL, method: 'mobe', budget: { kind: 'remove', percent: 25 }, parameters })

test('the published schedule costs more than the fast solver, and the fast one is offered', async () => {
  const dependencies = machine([device({})])
  const [fast, adam] = [await methodCost(dependencies, mobe()), await methodCost(dependencies, mobe({ solver: 'adam' }))]
  expect(adam.flops).toBeGreaterThan(10 * fast.flops)
  expect(fast.flops).toBeGreaterThan(0)
  const offer = adam.faster.find(({ parameters }) => parameters['solver'] === 'fast')
  expect(offer?.flops).toBe(fast.flops)
  for (const { flops } of adam.faster) expect(flops).toBeLessThan(adam.flops)
})

test("seconds are a range around the arithmetic at the device's speed", async () => {
  const { flops, gflops, seconds } = await methodCost(machine([device({})]), mobe())
  expect(gflops).toBe(GFLOPS)
  expect(seconds?.low).toBeGreaterThan(flops / (GFLOPS * 1e9))
  expect(seconds?.high).toBeGreaterThan(seconds?.low ?? Infinity)
})

test('the fastest device counts for auto, the chosen one otherwise; none measured, no seconds', async () => {
  const both = [device({}), device({ device: 'webgpu', gflops: 4 * GFLOPS }), device({ device: 'cuda', available: false, gflops: 1e6 })]
  expect((await methodCost(machine(both), mobe())).gflops).toBe(4 * GFLOPS)
  expect((await methodCost(machine(both), { ...mobe(), device: 'cpu' })).gflops).toBe(GFLOPS)
  const unknown = await methodCost(machine([device({ gflops: null })]), mobe())
  expect(unknown.seconds).toBeNull()
  expect(unknown.flops).toBeGreaterThan(0)
})

test('a method that cannot write the format is refused', async () => {
  await expect(methodCost(machine([]), { ...mobe(), format: 'gguf' })).rejects.toMatchObject({ code: 'method-not-applicable' })
})
