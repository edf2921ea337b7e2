/** Messages of the check before a run. */
export const CHECK = {
  title: 'Check',
}
