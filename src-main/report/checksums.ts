/** A file and its SHA-256, in hex. */
export interface Checksum {
  readonly name: string
  readonly sha256: string
}

/** Lines as `sha256sum -c` reads them; a name with a line break or a backslash is escaped as it does. */
export function checksumLines(sums: readonly Checksum[]): string {
  return sums
    .map(({ name, sha256 }) => {
      const escaped = name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
      return `${escaped === name ? '' : '\\'}${sha256}  ${escaped}\n`
    })
    .join('')
}
