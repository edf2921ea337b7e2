import type { SHELL as ENGLISH } from '../en/shell.ts'
import type { SameMessages } from '../same-messages.ts'

/** Messages of the frame around all pages: rail, menus, connection, words used everywhere, in German. */
export const SHELL: SameMessages<typeof ENGLISH> = {
  title: 'Whittle',
}
