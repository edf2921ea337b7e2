import type { HISTORY as ENGLISH } from '../en/history.ts'
import type { SameMessages } from '../same-messages.ts'

/** Messages of home, the history and the kept calibrations, in German. */
export const HISTORY: SameMessages<typeof ENGLISH> = {
  title: 'Verlauf',
}
