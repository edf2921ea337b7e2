/** Messages of the export page. */
export const EXPORT = {
  title: 'Export',
}
