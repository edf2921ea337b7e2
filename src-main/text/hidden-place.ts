import path, { type PlatformPath } from 'node:path'

/** Where programs keep what is theirs on Windows, beside names that begin with a dot. */
const HIDDEN_FOLDERS: ReadonlySet<string> = new Set(['appdata', 'programdata'])

/**
 * Whether a file lies where programs keep keys, passwords and profiles: it or a folder on the way to it is hidden. Such a text can be calibrated on,
 * but no page shows it.
 */
export function isHiddenPlace(file: string, system: PlatformPath = path): boolean {
  return system.resolve(file).split(system.sep).some((name) => (name.startsWith('.') && name.length > 1) || (system.sep === '\\' && HIDDEN_FOLDERS.has(name.toLowerCase())))
}
