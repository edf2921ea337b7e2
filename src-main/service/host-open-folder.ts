import type { CallInput } from '../contract/calls.ts'
import { ExpectedError } from '../contract/errors.ts'
import { writableFolders } from '../store/writable-folders.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** host.openFolder: one of Whittle's folders in the file manager, where the host can. */
export async function hostOpenFolder(
  { host, store }: ServiceDependencies,
  { folder }: CallInput<'host.openFolder'>,
): Promise<Record<string, never>> {
  if (host.openFolder === null || host.openFolder === undefined) {
    throw new ExpectedError('request-invalid', { call: 'host.openFolder', reason: 'no-file-manager' })
  }
  const { root, logs } = store.folders
  await host.openFolder({ data: () => root, logs: () => logs, outputs: () => writableFolders(store).outputs }[folder]())
  return {}
}
