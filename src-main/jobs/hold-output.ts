import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ExpectedError } from '../contract/errors.ts'
import { isStoreTrouble, takeLock, type FileLock } from '../store/database.ts'

/**
 * Takes the place a run writes to: one writer for a place, whatever it is called (links, `..`, another spelling on systems that do not tell
 * cases apart), whatever data folder the other run has and whoever started it. The lock lies beside the file and ends with its process.
 * Where nothing can be written any more, an output that is there is held without one: nobody can change it, and a run that has only its
 * report to make needs no more.
 * @throws ExpectedError 'run-busy' {path} when another run writes there, 'output-not-writable' {path, reason} where no file can be made
 */
export function holdOutput(outPath: string): FileLock {
  if (!existsSync(dirname(outPath))) throw new ExpectedError('output-not-writable', { path: outPath, reason: 'ENOENT' })
  const path = lockPath(outPath)
  try {
    const lock = takeLock(path)
    if (lock !== null) return lock
  } catch (error) {
    if (!isStoreTrouble(error)) throw error
    // Another user's lock cannot even be opened.
    if (!existsSync(path)) {
      if (existsSync(outPath)) return { release: () => {} }
      throw new ExpectedError('output-not-writable', { path: outPath, reason: 'EACCES' }, { cause: error })
    }
  }
  throw new ExpectedError('run-busy', { path: outPath })
}

/** The file's own name in the real folder: a link in its place would be replaced, not followed. */
function lockPath(outPath: string): string {
  return join(realpathSync(dirname(outPath)), `.${basename(outPath)}.lock`)
}
