import type { Settings } from '../contract/settings.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** settings.get: what is set, with the defaults for what is not. */
export function settingsGet({ settings }: ServiceDependencies): Settings {
  return settings.read()
}
