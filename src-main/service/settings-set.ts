import type { Settings } from '../contract/settings.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** settings.set: changes some of the settings. @throws ExpectedError 'settings-invalid' */
export function settingsSet({ settings }: ServiceDependencies, some: Partial<Settings>): Settings {
  return settings.change(some)
}
