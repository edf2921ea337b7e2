import { ExpectedError } from '../contract/errors.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { choosePath } from './reach.ts'

/** host.pickFolder: the system's folder dialog, where the host has one. */
export async function hostPickFolder(dependencies: ServiceDependencies): Promise<{ path: string | null }> {
  const { host } = dependencies
  if (host.pickFolder === null) throw new ExpectedError('request-invalid', { call: 'host.pickFolder', reason: 'no-folder-dialog' })
  const path = await host.pickFolder()
  if (path !== null) choosePath(dependencies, path)
  return { path }
}
