/** Messages of the compare page. */
export const COMPARE = {
  title: 'Compare',
}
