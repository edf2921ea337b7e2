import type { METHOD as ENGLISH } from '../en/method.ts'
import type { SameMessages } from '../same-messages.ts'

/** Messages of the method page and its settings, in German. */
export const METHOD: SameMessages<typeof ENGLISH> = {
  title: 'Verfahren',
}
