import { fastestDevice } from '../../compute/device.ts'
import { probeDevice } from '../../compute/probe.ts'
import type { DeviceId } from '../../compute/tensor-handle.ts'
import type { CheckItem } from '../../contract/check.ts'
import { ExpectedError, toErrorShape } from '../../contract/errors.ts'
import type { Recipe } from '../../contract/recipe.ts'

/**
 * The device a recipe will run on, as `resolveDevice` chooses it, and why it is not a graphics card where it is not; none when the one
 * asked for does not work.
 */
export async function deviceItem({
  device,
  threads,
}: Pick<Recipe, 'device' | 'threads'>): Promise<{ used: DeviceId | null; item: CheckItem }> {
  const say = (state: CheckItem['state'], details: Record<string, unknown>): CheckItem => ({
    id: 'device',
    state,
    details: { asked: device, ...details },
  })
  if (device === 'cpu') return { used: 'cpu', item: say('ok', { used: 'cpu' }) }
  const wanted = await probeDevice(device === 'auto' ? 'webgpu' : device, threads)
  if (device !== 'auto') {
    if (wanted.available) return { used: device, item: say('ok', { used: device, gflops: wanted.gflops }) }
    const error = new ExpectedError('device-unavailable', { device, ...wanted.detail })
    return { used: null, item: say('stop', { error: toErrorShape(error) }) }
  }
  const own = await probeDevice('cpu', threads)
  const used = fastestDevice([wanted, own])
  const why = used === 'cpu' ? { reason: wanted.available ? 'slower' : 'unavailable', detail: wanted.detail } : {}
  return { used, item: say('ok', { used, gflops: (used === 'cpu' ? own : wanted).gflops, ...why }) }
}
