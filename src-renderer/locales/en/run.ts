/** Messages of the run page. */
export const RUN = {
  title: 'Run',
}
