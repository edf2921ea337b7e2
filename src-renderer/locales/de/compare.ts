import type { COMPARE as ENGLISH } from '../en/compare.ts'
import type { SameMessages } from '../same-messages.ts'

/** Messages of the compare page, in German. */
export const COMPARE: SameMessages<typeof ENGLISH> = {
  title: 'Vergleich',
}
