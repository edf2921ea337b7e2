/**
 * Names of what comes with Whittle. Its own folder lies elsewhere after an update, and an AppImage's at every start: what is kept or shown
 * says `whittle:demo-model`, and only what opens files knows where that is today.
 */

const SCHEME = 'whittle:'

/** The model that comes with Whittle. */
export const DEMO_MODEL = `${SCHEME}demo-model`

/** Whether a path is the name of something that comes with Whittle, of whatever form. */
export function isResourceName(path: string): boolean {
  return path.slice(0, SCHEME.length).toLowerCase() === SCHEME
}

/** The name of what lies at `parts` below the resources folder. */
export function resourceName(parts: readonly string[]): string {
  return SCHEME + parts.join('/')
}

/** The way a name means, below the resources folder; null for one that leaves the folder, is the folder itself, or is no such name. */
export function resourceParts(name: string): string[] | null {
  if (!isResourceName(name)) return null
  const way = name.slice(SCHEME.length)
  // Also what only some systems take for a root, a drive or a stream.
  if (/^[\\/]|[:\0]/.test(way)) return null
  const parts = way.split(/[\\/]+/).filter((part) => part !== '' && part !== '.')
  return parts.length === 0 || parts.some((part) => /^\.\.[. ]*$/.test(part)) ? null : parts
}

/** A path without the scheme, where it is such a name: for its last part. */
export function withoutScheme(path: string): string {
  return isResourceName(path) ? path.slice(SCHEME.length) : path
}
