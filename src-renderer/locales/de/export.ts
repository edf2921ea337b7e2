import type { EXPORT as ENGLISH } from '../en/export.ts'
import type { SameMessages } from '../same-messages.ts'

/** Messages of the export page, in German. */
export const EXPORT: SameMessages<typeof ENGLISH> = {
  title: 'Export',
}
