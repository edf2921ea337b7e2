import { resolve } from 'node:path'
import { ExpectedError } from '../contract/errors.ts'
import type { Settings } from '../contract/settings.ts'
import { isInResources } from '../pipeline/resource-names.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** settings.set: changes some of the settings. @throws ExpectedError 'settings-invalid' */
export function settingsSet({ settings, resources }: ServiceDependencies, some: Partial<Settings>): Settings {
  refuseOwnFolders(some, resources)
  return settings.change(some)
}

/** The program's own folder may lie elsewhere tomorrow, and is not written to: nothing that is kept may name it. */
function refuseOwnFolders({ modelFolders, outputFolder, calibrationFolder }: Partial<Settings>, resources: string): void {
  for (const [field, paths] of Object.entries({
    modelFolders: modelFolders ?? [],
    outputFolder: [outputFolder],
    calibrationFolder: [calibrationFolder],
  })) {
    const path = paths.find((each) => typeof each === 'string' && isInResources(resolve(each), resources))
    if (path !== undefined) throw new ExpectedError('settings-invalid', { field, path, reason: 'inside-the-program' })
  }
}
