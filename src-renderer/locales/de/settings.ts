import type { SETTINGS as ENGLISH } from '../en/settings.ts'
import type { SameMessages } from '../same-messages.ts'

/** Messages of the settings, in German. */
export const SETTINGS: SameMessages<typeof ENGLISH> = {
  title: 'Einstellungen',
}
