import { realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { ExpectedError } from '../contract/errors.ts'

/**
 * The real path of `name`, a file a model folder speaks of, or null where there is no such file. The file must be a regular
 * one inside the folder: a model may not make Whittle read (and copy into its output) anything else on the machine.
 * Throws ExpectedError 'shard-path-escapes' {folder, file}, or 'folder-not-found' {folder, file, reason} where the system will not say.
 */
export async function confinedPath(folder: string, name: string): Promise<string | null> {
  const escapes = () => new ExpectedError('shard-path-escapes', { folder, file: name })
  if (!isPlainRelative(name)) throw escapes()
  try {
    const root = await realpath(folder)
    const real = await realpath(path.join(root, name)).catch(nullIfMissing)
    if (real === null) return null
    if (!isInside(root, real) && !isInside(hubBlobs(root), real)) throw escapes()
    return (await stat(real).catch(nullIfMissing))?.isFile() === true ? real : null
  } catch (error) {
    if (systemCode(error) === null) throw error
    throw new ExpectedError('folder-not-found', { folder, file: name, reason: systemCode(error) }, { cause: error })
  }
}

/** Refuses everything that is not `a/b/c` on every system: absolute, drive (`C:x`), UNC, `..`, NUL, empty parts. */
function isPlainRelative(name: string): boolean {
  if (name === '' || name.includes('\0') || name.includes('\\') || name.includes(':')) return false
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

/** Hugging Face's download cache keeps `<model>/snapshots/<revision>/x` as links into `<model>/blobs/`: that one neighbor is allowed. */
function hubBlobs(root: string): string | null {
  const snapshots = path.dirname(root)
  return path.basename(snapshots) === 'snapshots' ? path.join(path.dirname(snapshots), 'blobs') : null
}

function isInside(folder: string | null, file: string): boolean {
  return folder !== null && file.startsWith(folder + path.sep)
}

/** Nothing can be at a name too long for the system, or behind a link to itself. */
const NOTHING_THERE: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'])

function nullIfMissing(error: unknown): null {
  if (NOTHING_THERE.has(systemCode(error))) return null
  throw error
}

/** What the system calls a failure of its own, e.g. 'EACCES'; null for any other error. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string' ? error.code : null
}
