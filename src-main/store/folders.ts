import envPaths from 'env-paths'
import { accessSync, chmodSync, closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ExpectedError } from '../contract/errors.ts'

/** Where everything Whittle keeps lies. All exist and can be written to. */
export interface Folders {
  readonly root: string
  readonly database: string
  /** Calibration files, named by fingerprint. */
  readonly calibrations: string
  /** Files written when a recipe names no path. */
  readonly outputs: string
  readonly logs: string
  /** Lock files of running processes. */
  readonly owners: string
}

/** The platform's data folder for Whittle, e.g. ~/.local/share/whittle. */
export function defaultDataFolder(): string {
  return envPaths('whittle', { suffix: '' }).data
}

/**
 * What lies here tells where models are, what they are called and what was noted of them: that is its user's affair. Windows' own data
 * folders are private.
 */
const PRIVATE_FOLDER = 0o700
const PRIVATE_FILE = 0o600

/**
 * Makes the folders under `root` where they are missing, and all of them private to their user. A `root` that was there before keeps its
 * rights: it may hold other things.
 * @throws ExpectedError 'work-folder-not-writable'
 */
export function openFolders(root: string): Folders {
  const base = resolve(root)
  const folders: Folders = {
    root: base,
    database: join(base, 'whittle.db'),
    calibrations: join(base, 'calibrations'),
    outputs: join(base, 'outputs'),
    logs: join(base, 'logs'),
    owners: join(base, 'owners'),
  }
  try {
    for (const folder of [folders.calibrations, folders.outputs, folders.logs, folders.owners]) {
      makeFolder(folder)
      accessSync(folder, constants.W_OK)
      makePrivate(folder, PRIVATE_FOLDER)
    }
    // SQLite gives the files it puts beside the database the rights of the database.
    closeSync(openSync(folders.database, 'a', PRIVATE_FILE))
    makePrivate(folders.database, PRIVATE_FILE)
  } catch (error) {
    throw new ExpectedError('work-folder-not-writable', { path: base, said: String(error) }, { cause: error })
  }
  return folders
}

/** Takes away what others may do, on a folder or file that is ours. */
function makePrivate(path: string, mode: number): void {
  if (process.platform === 'win32') return
  const { uid, mode: found } = statSync(path)
  if (uid === process.getuid?.() && (found & 0o077) !== 0) chmodSync(path, mode)
}

/**
 * mkdir with its parents, private to its user. Node's own recursive mkdir never ends where the parent is there but holds nothing new, as in
 * /proc.
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  try {
    mkdirSync(path, { mode: PRIVATE_FOLDER })
  } catch (error) {
    // Another process may have been faster.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}
