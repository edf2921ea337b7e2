import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { runOnWebgpu } from '../fixtures/webgpu-child.ts'

interface Found {
  adapter: boolean
  reason?: string
  handles: { dims: number[]; exact: number; fedToCpu: string; downloadedByCpu: string; afterDispose: string; selfTest: number }
  distances: Record<string, number>
}

const found = await runOnWebgpu<Found>(fileURLToPath(new URL('./webgpu-child.ts', import.meta.url)))

describe.skipIf(!found.adapter)('webgpu', () => {
  test('computes what the CPU computes: logits and every statistic', () => {
    for (const [name, distance] of Object.entries(found.distances)) expect(distance, name).toBeLessThan(1e-4)
    expect(found.distances['tokens']).toBe(0)
    expect(Object.keys(found.distances)).toHaveLength(12)
  })

  test('passes the self-test', () => {
    expect(found.handles.selfTest).toBeLessThan(1e-4)
  })

  test('brings tensors up, on and down again, in their shape', () => {
    expect(found.handles.dims).toEqual([2, 3, 4])
    expect(found.handles.exact).toBe(0)
  })

  test('a tensor on the GPU is refused by a session on the CPU, and by everybody once disposed', () => {
    expect(found.handles.fedToCpu).toBe('a tensor on webgpu was given to a session on cpu')
    expect(found.handles.downloadedByCpu).toBe('a tensor on webgpu was given to a session on cpu')
    expect(found.handles.afterDispose).toBe('the tensor is disposed')
  })
})
