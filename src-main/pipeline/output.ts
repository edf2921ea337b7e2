import { mkdir, open, realpath, rm, rmdir, stat, statfs } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { ExpectedError } from '../contract/errors.ts'
import type { Plan } from '../contract/plan.ts'
import type { FormatName, Recipe } from '../contract/recipe.ts'
import { partialPath } from '../formats/gguf/writer.ts'
import { partialFolder, TRIAL_FILE } from '../formats/safetensors/folder-writer.ts'
import { refuseExisting } from '../formats/safetensors/replace-folder.ts'
import { sizeAt } from '../formats/size-at.ts'
import { explainWriteFailure } from '../formats/write-failure.ts'
import { modelFolder } from '../model/model-folder.ts'
import type { JobFolders } from './job.ts'
import { isInResources, resourcePlaceOf } from './resource-names.ts'

/** What a run's file or folder is called after its model and bits. */
const ENDINGS: Readonly<Record<FormatName, string>> = {
  gguf: '.gguf',
  safetensors: '',
  'safetensors-gptq': '-gptq',
  'safetensors-dense': '-dense',
}

/**
 * Whether a file of up to `bytes` could be written where the recipe wants it, asked before any work is spent on it.
 * Throws ExpectedError 'output-exists', 'output-not-writable' or 'disk-full'. Leaves nothing behind.
 */
export async function checkOutput(recipe: Recipe, format: FormatName, bytes: number, folders: JobFolders): Promise<void> {
  const path = recipe.outPath === null ? join(folders.outputs, `model${ENDINGS[format]}`) : resolve(recipe.outPath)
  await checkPlace(path, recipe, { format, bytes, folders })
}

/** Where the run's file goes: the recipe's own path, or a free name in the store's output folder. Throws as {@link checkOutput}. */
export async function chooseOutput(recipe: Recipe, modelName: string, plan: Plan, folders: JobFolders): Promise<string> {
  const path = recipe.outPath === null ? await freeName(folders.outputs, modelName, plan) : resolve(recipe.outPath)
  await checkPlace(path, recipe, { format: plan.format, bytes: plan.bytes, folders })
  return path
}

interface Output {
  readonly format: FormatName
  readonly bytes: number
  readonly folders: JobFolders
}

async function checkPlace(path: string, recipe: Recipe, { format, bytes, folders: { resources } }: Output): Promise<void> {
  await refuseOwnFolder(path, resources)
  if (recipe.outPath === null)
    await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
      throw explainWriteFailure(error, path, bytes)
    })
  else {
    await checkApart(path, recipe, resources)
    await (format === 'gguf' ? checkName(path, recipe.overwrite) : refuseExisting(path, recipe.overwrite))
  }
  await (format === 'gguf' ? checkWritable(path) : checkFolderWritable(path))
  await checkRoom(path, bytes)
}

/**
 * What lies in the program's own folder is replaced by its next version, and cannot be written where it is packed. Throws ExpectedError
 * 'output-not-writable'.
 */
export async function refuseOwnFolder(path: string, resources: string): Promise<void> {
  const place = join(await realPathOf(dirname(path)), basename(path))
  if (isInResources(path, resources) || isInResources(place, await realPathOf(resources)))
    throw new ExpectedError('output-not-writable', { path, reason: 'inside-the-program' })
}

async function freeName(folder: string, modelName: string, plan: Plan): Promise<string> {
  const safe = modelName.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[.-]+/, '') || 'model'
  const base = `${safe}-${plan.bitsPerWeight.toFixed(2)}bpw`
  for (let n = 1; ; n++) {
    const path = join(folder, `${base}${n === 1 ? '' : `-${n}`}${ENDINGS[plan.format]}`)
    if (!(await exists(path)) && !(await exists(partialPath(path)))) return path
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/**
 * What a run reads must outlive it: nothing is written into the model's folder or over one of the texts, whether it may replace a file or
 * not.
 */
async function checkApart(path: string, recipe: Recipe, resources: string): Promise<void> {
  const model = await modelFolder(resolve(resourcePlaceOf(recipe.modelPath, resources)))
  const place = join(await realPathOf(dirname(path)), basename(path))
  const real = await realPathOf(model)
  const isApart = (a: string, b: string): boolean => a !== b && !a.startsWith(b + sep) && !b.startsWith(a + sep)
  if (!isApart(path, model) || !isApart(place, real) || !isApart(await realPathOf(path), real))
    throw new ExpectedError('output-not-writable', { path, reason: 'inside-the-model' })
  for (const text of [recipe.corpusPath, recipe.heldOutPath]) {
    if (text !== null && (await realPathOf(path)) === (await realPathOf(resourcePlaceOf(text, resources))))
      throw new ExpectedError('output-not-writable', { path, reason: 'read-by-the-run' })
  }
}

/** A path without links; what is not there yet is itself, and opening it says why it cannot be written. */
async function realPathOf(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path))
}

async function checkName(path: string, overwrite: boolean): Promise<void> {
  const found = await stat(path).catch(() => null) // not there, or not reachable: then opening says why
  if (found?.isDirectory() === true) throw new ExpectedError('output-not-writable', { path, reason: 'EISDIR' })
  if (found !== null && !overwrite) throw new ExpectedError('output-exists', { path })
  if (found !== null && !(found.isFile() && (found.size === 0 || (await isGguf(path)))))
    throw new ExpectedError('output-not-writable', { path, reason: 'not-a-gguf' })
}

/** Whether a file begins as every GGUF file does. Leave to replace a model is no leave to replace somebody's letters. */
async function isGguf(path: string): Promise<boolean> {
  const file = await open(path).catch((error: unknown) => {
    throw explainWriteFailure(error, path, 0)
  })
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0)
    return buffer.toString('latin1') === 'GGUF'
  } finally {
    await file.close()
  }
}

/**
 * Makes the folder that will be written to, and takes it away again: only that tells for sure. One of an earlier attempt stays as it is.
 */
async function checkFolderWritable(path: string): Promise<void> {
  const partial = partialFolder(path)
  try {
    const isThere = await exists(partial)
    if (!isThere) await mkdir(partial)
    await tryToOpen(join(partial, TRIAL_FILE))
    if (!isThere) await rmdir(partial)
  } catch (error) {
    throw explainWriteFailure(error, path, 0)
  }
}

/** Opens the file that will be written: only that tells for sure, on every system. A partial file of an earlier attempt stays as it is. */
async function checkWritable(path: string): Promise<void> {
  await tryToOpen(partialPath(path)).catch((error: unknown) => {
    throw explainWriteFailure(error, path, 0)
  })
}

async function tryToOpen(path: string): Promise<void> {
  const isThere = await exists(path)
  const file = await open(path, 'a')
  await file.close()
  if (!isThere) await rm(path)
}

/** Room left over on the volume after the file is written. */
const SPARE_BYTES = 64 * 2 ** 20

/**
 * Whether the volume has room for a file of `bytes` at `path`; what its partial file holds already is counted. Throws ExpectedError
 * 'disk-full' {path, needed, freeBytes}.
 */
export async function checkRoom(path: string, bytes: number): Promise<void> {
  const written = await sizeAt(partialPath(path))
  const needed = Math.max(0, bytes - written) + SPARE_BYTES
  const volume = await statfs(dirname(path)).catch((error: unknown) => {
    throw explainWriteFailure(error, path, needed)
  })
  const freeBytes = volume.bavail * volume.bsize
  if (freeBytes < needed) throw new ExpectedError('disk-full', { path, needed, freeBytes })
}
