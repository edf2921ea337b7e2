import type { UpdateState } from '../contract/calls.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { CANNOT } from './update-check.ts'

/** update.install: fetches the version found and installs it at the next quit. @throws ExpectedError 'run-busy' while a run works */
export async function updateInstall({ host }: ServiceDependencies): Promise<UpdateState> {
  return (await host.updates?.install()) ?? CANNOT
}
