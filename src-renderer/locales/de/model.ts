import type { MODEL as ENGLISH } from '../en/model.ts'
import type { SameMessages } from '../same-messages.ts'

/** Messages of the model page and the drop zone, in German. */
export const MODEL: SameMessages<typeof ENGLISH> = {
  title: 'Modell',
}
