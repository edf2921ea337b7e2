import type { UpdateState } from '../contract/calls.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** update.check: looks for a newer version where the host can and the settings allow. Other hosts are updated with their sources. */
export async function updateCheck({ host }: ServiceDependencies): Promise<UpdateState> {
  return (await host.updates?.check()) ?? CANNOT
}

/** What a host says that can't replace itself. */
export const CANNOT: UpdateState = { state: 'unsupported', version: null, notes: null, reason: null }
