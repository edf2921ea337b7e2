/** Messages of the result page. */
export const RESULT = {
  title: 'Result',
}
