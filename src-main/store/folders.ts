import envPaths from 'env-paths'
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
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
 * Makes the folders under `root` where they are missing.
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
    }
  } catch (error) {
    throw new ExpectedError('work-folder-not-writable', { path: base, reason: String(error) }, { cause: error })
  }
  return folders
}

/** mkdir with its parents. Node's own recursive mkdir never ends where the parent is there but holds nothing new, as in /proc. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    // Another process may have been faster.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}
