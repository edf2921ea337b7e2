/** Messages of the settings. */
export const SETTINGS = {
  title: 'Settings',
}
