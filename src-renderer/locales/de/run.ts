import type { RUN as ENGLISH } from '../en/run.ts'
import type { SameMessages } from '../same-messages.ts'

/** Messages of the run page, in German. */
export const RUN: SameMessages<typeof ENGLISH> = {
  title: 'Lauf',
}
