import { afterAll, expect, test } from 'vitest'
import { openCompute } from '../../src-main/compute/session.ts'
import { gradientErrors } from './mobe-differences.ts'

const compute = openCompute({ device: 'cpu', threads: 1 })
afterAll(() => compute.close())

test.each(['silu', 'tanh', 'none'] as const)('gradients are those of central differences in float64: %s', async (activation) => {
  const errors = await gradientErrors(compute, activation)
  expect(Object.keys(errors)).toHaveLength(11)
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(2e-5)
})
