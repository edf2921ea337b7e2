import { accessSync, constants } from 'node:fs'
import { ExpectedError } from '../contract/errors.ts'
import type { Store } from './store.ts'

/** Where jobs write. */
export interface WritableFolders {
  readonly calibrations: string
  readonly outputs: string
}

/**
 * The folders a job that starts now writes to: those of the settings, else Whittle's own.
 * @throws ExpectedError 'work-folder-not-writable' when one that was chosen is not there any more, e.g. on a disk that was unplugged
 */
export function writableFolders({ folders, settings }: Store): WritableFolders {
  const { calibrationFolder, outputFolder } = settings.read()
  return { calibrations: chosen(calibrationFolder) ?? folders.calibrations, outputs: chosen(outputFolder) ?? folders.outputs }
}

function chosen(path: string | null): string | null {
  if (path === null) return null
  try {
    accessSync(path, constants.W_OK)
    return path
  } catch (error) {
    throw new ExpectedError('work-folder-not-writable', { path, said: String(error) }, { cause: error })
  }
}
