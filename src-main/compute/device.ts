import type { DeviceProfile } from '../contract/calls.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { DeviceName } from '../contract/recipe.ts'
import { probeDevice } from './probe.ts'
import type { DeviceId } from './tensor-handle.ts'

/** How much faster than the CPU a GPU must have measured to be taken: small layers and copies eat a smaller lead. */
const LEAD = 1.5

/**
 * The device 'auto' means on a machine with these profiles: WebGPU when it measured at least 1.5 times the CPU's speed, else the
 * CPU. So an adapter made of software loses.
 */
export function fastestDevice(profiles: readonly DeviceProfile[]): DeviceId {
  const speed = (device: DeviceId): number => profiles.find((profile) => profile.device === device && profile.available)?.gflops ?? 0
  return speed('webgpu') > 0 && speed('webgpu') >= LEAD * speed('cpu') ? 'webgpu' : 'cpu'
}

/**
 * The device a recipe's wish stands for, probed here and now; `threads` 0 means one per core.
 * Throws ExpectedError 'device-unavailable' {device, reason or said} when a named one does not work; 'auto' always finds one.
 */
export async function resolveDevice(wish: DeviceName, threads = 0): Promise<DeviceId> {
  if (wish === 'cpu') return wish
  const wanted = await probeDevice(wish === 'auto' ? 'webgpu' : wish, threads)
  if (wish === 'auto') return wanted.available ? fastestDevice([wanted, await probeDevice('cpu', threads)]) : 'cpu'
  if (!wanted.available) throw new ExpectedError('device-unavailable', { device: wish, ...wanted.detail })
  return wish
}
