/** Messages of the model page and the drop zone. */
export const MODEL = {
  title: 'Model',
}
