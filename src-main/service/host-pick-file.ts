import { ExpectedError } from '../contract/errors.ts'
import type { FilePurpose, ServiceDependencies } from './dependencies.ts'
import { choosePath } from './reach.ts'

/** host.pickFile: the system's file dialog, where the host has one. */
export async function hostPickFile(
  dependencies: ServiceDependencies,
  { purpose }: { purpose: FilePurpose },
): Promise<{ path: string | null }> {
  const { host } = dependencies
  if (host.pickFile === null || host.pickFile === undefined) {
    throw new ExpectedError('request-invalid', { call: 'host.pickFile', reason: 'no-file-dialog' })
  }
  const path = await host.pickFile(purpose)
  if (path !== null) choosePath(dependencies, path)
  return { path }
}
