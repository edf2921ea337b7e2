import { ExpectedError } from '../contract/errors.ts'
import type { FilePurpose, ServiceDependencies } from './dependencies.ts'

/** host.pickFile: the system's file dialog, where the host has one. */
export async function hostPickFile({ host }: ServiceDependencies, { purpose }: { purpose: FilePurpose }): Promise<{ path: string | null }> {
  if (host.pickFile === null || host.pickFile === undefined) {
    throw new ExpectedError('request-invalid', { call: 'host.pickFile', reason: 'this host has no file dialog' })
  }
  return { path: await host.pickFile(purpose) }
}
