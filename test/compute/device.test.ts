import { describe, expect, test } from 'vitest'
import { resolveDevice, fastestDevice } from '../../src-main/compute/device.ts'
import { probeDevice } from '../../src-main/compute/probe.ts'
import type { DeviceProfile } from '../../src-main/contract/calls.ts'

const profile = (device: DeviceProfile['device'], gflops: number | null): DeviceProfile => ({
  device,
  available: gflops !== null,
  detail: { said: '' },
  gflops,
})

describe('choosing a device', () => {
  test.each([
    ['a GPU clearly faster than the CPU is taken', [profile('cpu', 100), profile('webgpu', 900)], 'webgpu'],
    ['a software adapter loses', [profile('cpu', 100), profile('webgpu', 4)], 'cpu'],
    ['a small lead is not enough', [profile('cpu', 100), profile('webgpu', 120)], 'cpu'],
    ['an absent adapter loses', [profile('cpu', 100), profile('webgpu', null)], 'cpu'],
    ['devices that are only opened on demand are not taken', [profile('cpu', 100), profile('cuda', 9000), profile('dml', 9000)], 'cpu'],
    ['nothing measured means the CPU', [], 'cpu'],
  ] as const)('%s', (_, profiles, wanted) => {
    expect(fastestDevice(profiles)).toBe(wanted)
  })

  test('the CPU is there, passes its self-test and is measured', async () => {
    const found = await probeDevice('cpu', 1)
    expect(found).toMatchObject({ device: 'cpu', available: true })
    expect(found.gflops).toBeGreaterThan(0.1)
    expect(await resolveDevice('cpu')).toBe('cpu')
  })

  test("a device this platform's runtime lacks is told, not thrown, by the probe; and thrown, typed, when wished for", async () => {
    const lacking = process.platform === 'win32' ? 'coreml' : 'dml'
    expect(await probeDevice(lacking)).toMatchObject({ device: lacking, available: false, gflops: null })
    await expect(resolveDevice(lacking)).rejects.toMatchObject({ code: 'device-unavailable', details: { device: lacking } })
  })
})
