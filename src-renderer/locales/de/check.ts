import type { CHECK as ENGLISH } from '../en/check.ts'
import type { SameMessages } from '../same-messages.ts'

/** Messages of the check before a run, in German. */
export const CHECK: SameMessages<typeof ENGLISH> = {
  title: 'Prüfung',
}
