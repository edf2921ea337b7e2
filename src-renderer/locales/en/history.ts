/** Messages of home, the history and the kept calibrations. */
export const HISTORY = {
  title: 'History',
}
