import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { ExpectedError } from '../contract/errors.ts'
import { explainWriteFailure } from '../formats/write-failure.ts'

/** The JSON kept at `path`; null when there is none, or it was cut short by a crash: then it is made again. */
export async function readKeptJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch(() => null) // nothing kept yet
  try {
    return text === null ? null : JSON.parse(text)
  } catch {
    return null
  }
}

/**
 * Keeps `value` at `path`, in one step, under a name of its own until it is whole: another process may keep the same at the same time.
 * Throws ExpectedError 'disk-full' or 'work-folder-not-writable'.
 */
export async function keepJson(path: string, value: unknown): Promise<void> {
  const text = JSON.stringify(value)
  const temporary = `${path}.${randomUUID()}.part`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined) // the first failure is the one to tell
    const told = explainWriteFailure(error, path, text.length)
    const isFolder = told instanceof ExpectedError && told.code === 'output-not-writable'
    throw isFolder
      ? new ExpectedError('work-folder-not-writable', { path, reason: String(told.details['reason']) }, { cause: error })
      : told
  }
}
