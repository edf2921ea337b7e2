/** Messages of the frame around all pages: rail, menus, connection, words used everywhere. */
export const SHELL = {
  title: 'Whittle',
}
