/** Messages of the method page and its settings. */
export const METHOD = {
  title: 'Method',
}
