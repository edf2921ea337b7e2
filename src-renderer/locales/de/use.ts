import type { USE as ENGLISH } from '../en/use.ts'
import type { SameMessages } from '../same-messages.ts'

/** Messages of the use page: the text to calibrate and judge on, in German. */
export const USE: SameMessages<typeof ENGLISH> = {
  title: 'Verwendung',
}
