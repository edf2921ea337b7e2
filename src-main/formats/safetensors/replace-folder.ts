import { readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { ExpectedError } from '../../contract/errors.ts'
import { readModelFile } from '../model-file.ts'
import { isJsonObject, JsonRefused, parseStrictJson } from '../strict-json.ts'
import { SAFETENSORS_LIMITS } from './limits.ts'

const LIMITS = { depth: 16, values: SAFETENSORS_LIMITS.jsonValues }

/**
 * Throws ExpectedError 'output-exists' {path, reason?} when something lies at `folder` that may not be replaced: anything unless
 * `overwrite`, and even then everything but a folder Whittle wrote, without folders inside. An empty folder is no obstacle.
 */
export async function refuseExisting(folder: string, overwrite: boolean): Promise<void> {
  const entries = await entriesOf(folder)
  if (entries === null || (entries !== 'file' && entries.length === 0)) return
  if (!overwrite) throw new ExpectedError('output-exists', { path: folder })
  if (entries === 'file') throw new ExpectedError('output-exists', { path: folder, reason: 'not-a-folder' })
  if (!(await isOurs(folder))) throw new ExpectedError('output-exists', { path: folder, reason: 'not-ours' })
  const inner = entries.find((entry) => entry.isDirectory())
  if (inner !== undefined) throw new ExpectedError('output-exists', { path: folder, reason: 'folder-inside', name: inner.name })
}

/** Whether all that lies in a folder is what Whittle wrote: nothing of anybody else's would be lost with it. */
export async function mayBeReplaced(folder: string): Promise<boolean> {
  try {
    await refuseExisting(folder, true)
    return true
  } catch (error) {
    if (error instanceof ExpectedError) return false
    throw error
  }
}

/** Moves what is to be replaced out of the way, so that it is whole until its successor is in place. */
export async function setAside(folder: string): Promise<void> {
  const entries = await entriesOf(folder)
  if (entries === null || entries === 'file') return
  if (entries.length === 0) return rmdir(folder)
  await removeReplaced(folder)
  await rename(folder, replacedName(folder))
}

/** Removes what {@link setAside} moved away, now or in a run that was killed. */
export async function removeReplaced(folder: string): Promise<void> {
  if (await isOurs(replacedName(folder))) await rm(replacedName(folder), { recursive: true })
}

function replacedName(folder: string): string {
  return `${folder}.replaced`
}

async function entriesOf(folder: string) {
  return readdir(folder, { withFileTypes: true }).catch(async (error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return null
    if (code === 'ENOTDIR')
      return await stat(folder).then(
        () => 'file' as const,
        () => null,
      ) // or its parent is none: writing says so
    throw error
  })
}

/** Whether a folder was written by Whittle: config.json has its key, or the index of the weights names it as the writer. */
async function isOurs(folder: string): Promise<boolean> {
  const config = await readObject(folder, 'config.json')
  if (config !== null && Object.hasOwn(config, 'whittle')) return true
  const metadata = (await readObject(folder, 'model.safetensors.index.json'))?.['metadata']
  return isJsonObject(metadata) && metadata['writer'] === 'whittle'
}

/** Null for what is not there, not readable or no object: then it is not ours. */
async function readObject(folder: string, name: string): Promise<Record<string, unknown> | null> {
  try {
    const bytes = await readModelFile(
      folder,
      name,
      SAFETENSORS_LIMITS.indexBytes,
      (because) => new ExpectedError('output-exists', { path: folder, ...because }),
    )
    const value = bytes === null ? null : parseStrictJson(bytes, LIMITS)
    return isJsonObject(value) ? value : null
  } catch (error) {
    if (error instanceof JsonRefused || error instanceof ExpectedError) return null
    throw error
  }
}
