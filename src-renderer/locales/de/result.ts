import type { RESULT as ENGLISH } from '../en/result.ts'
import type { SameMessages } from '../same-messages.ts'

/** Messages of the result page, in German. */
export const RESULT: SameMessages<typeof ENGLISH> = {
  title: 'Ergebnis',
}
