import { expect, test } from 'vitest'
import type { DeviceProfile } from '../../src-main/contract/calls.ts'
import type { Recipe } from '../../src-main/contract/recipe.ts'
import { methodFit as answer } from '../../src-main/service/method-fit.ts'
import type { ServiceDependencies } from '../../src-main/service/dependencies.ts'
import { recipe } from '../store/example.ts'
import { DEMO_MODEL, examplePlanning, exampleWorkplace } from './example-service.ts'

const methodFit = (dependencies: ServiceDependencies, asked: Recipe) => answer(dependencies, asked, examplePlanning())

const machine = (gflops: number | null): ServiceDependencies => {
  const device: DeviceProfile = { device: 'cpu', available: true, detail: { said: '' }, gflops }
  return { ...exampleWorkplace().dependencies, probeDevices: async () => [device] }
}
const demo = recipe({ modelPath: DEMO_MODEL, budget: { kind: 'percent', percent: 60 }, threads: 2 })

test('a time is given where the work is known, on a machine of this speed; learning takes longest', async () => {
  const fits = new Map((await methodFit(machine(60), demo)).map((fit) => [fit.method, fit]))
  const seconds = (method: string) => fits.get(method)?.seconds ?? expect.fail(`no time for ${method}`)
  for (const method of ['measured-bits', 'uniform', 'gptq', 'rtn', 'mobe']) {
    expect(seconds(method).low).toBeGreaterThan(0)
    expect(seconds(method).high).toBeGreaterThan(seconds(method).low)
  }
  expect(seconds('mobe').high).toBeGreaterThan(seconds('measured-bits').high)
  expect(seconds('gptq').high).toBeGreaterThan(seconds('rtn').high)
  expect(seconds('measured-bits').low).toBeGreaterThan(seconds('uniform').low)
  // What looks at layers in ways of its own says nothing of its time, and what cannot serve takes none.
  for (const method of ['mc', 'rfid-moe', 'svd']) expect(fits.get(method)?.seconds).toBeNull()
  const refused = (await methodFit(machine(60), { ...demo, format: 'gguf' })).find(({ method }) => method === 'mobe')
  expect(refused).toMatchObject({ obstacle: { code: 'method-not-applicable' }, seconds: null, fileBytes: null })
})

test('a device of twice the speed halves what is computed, and an unmeasured one gives no times', async () => {
  const [slow, fast] = await Promise.all(
    [60, 6e6].map(async (gflops) => (await methodFit(machine(gflops), demo)).find(({ method }) => method === 'mobe')?.seconds),
  )
  expect((slow?.high ?? 0) / (fast?.high ?? 1)).toBeCloseTo(1e5, -2)
  for (const { seconds } of await methodFit(machine(null), demo)) expect(seconds).toBeNull()
})
