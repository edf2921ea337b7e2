import { ExpectedError } from '../contract/errors.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** host.pickFolder: the system's folder dialog, where the host has one. */
export async function hostPickFolder({ host }: ServiceDependencies): Promise<{ path: string | null }> {
  if (host.pickFolder === null) throw new ExpectedError('request-invalid', { call: 'host.pickFolder', reason: 'this host has no folder dialog' })
  return { path: await host.pickFolder() }
}
