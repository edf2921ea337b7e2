/** Messages of the use page: the text to calibrate and judge on. */
export const USE = {
  title: 'Use',
}
