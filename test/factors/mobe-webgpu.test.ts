import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { runOnWebgpu } from '../fixtures/webgpu-child.ts'

interface Found {
  adapter: boolean
  reason?: string
  gradients: Record<string, number>
  cpu: { adam: number; fast: number }
  webgpu: { adam: number; fast: number }
}

const found = await runOnWebgpu<Found>(fileURLToPath(new URL('./mobe-webgpu-child.ts', import.meta.url)))

describe.skipIf(!found.adapter)('MoBE on webgpu', () => {
  test('gradients are those of central differences in float64', () => {
    for (const [name, error] of Object.entries(found.gradients)) expect(error, name).toBeLessThan(2e-5)
  })

  test('both solvers come to the errors of the CPU', () => {
    expect(Math.abs(found.webgpu.adam / found.cpu.adam - 1)).toBeLessThan(1e-3)
    expect(Math.abs(found.webgpu.fast / found.cpu.fast - 1)).toBeLessThan(1e-3)
  })
})
