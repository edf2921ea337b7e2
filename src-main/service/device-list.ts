import type { DeviceProfile } from '../contract/calls.ts'
import type { ServiceDependencies } from './dependencies.ts'

const known = new WeakMap<ServiceDependencies, Promise<DeviceProfile[]>>()

/** device.list: what this machine can compute on. Probed once per service; a probe that failed is tried again. */
export function deviceList(dependencies: ServiceDependencies): Promise<DeviceProfile[]> {
  const earlier = known.get(dependencies)
  if (earlier !== undefined) return earlier
  const probe = dependencies.probeDevices()
  known.set(dependencies, probe)
  probe.catch(() => known.delete(dependencies))
  return probe
}
