import { access, constants, mkdir, stat, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { ExpectedError } from '../contract/errors.ts'
import type { Plan } from '../contract/plan.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { JobFolders } from './job.ts'

/**
 * Where the run's file goes: the recipe's own path, or a free name in the store's output folder.
 * Throws ExpectedError 'output-exists', 'output-not-writable' or 'disk-full' before any work is spent on a file that could not be kept.
 */
export async function chooseOutput(recipe: Recipe, modelName: string, plan: Plan, folders: JobFolders): Promise<string> {
  const path = recipe.outPath === null ? await freeName(folders.outputs, modelName, plan) : resolve(recipe.outPath)
  if (recipe.outPath !== null && !recipe.overwrite && (await exists(path))) throw new ExpectedError('output-exists', { path })
  await checkFolder(path, recipe.outPath !== null)
  await checkRoom(path, plan.bytes)
  return path
}

async function freeName(folder: string, modelName: string, plan: Plan): Promise<string> {
  const safe = modelName.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[.-]+/, '') || 'model'
  const base = `${safe}-${plan.bitsPerWeight.toFixed(2)}bpw`
  for (let n = 1; ; n++) {
    const path = join(folder, n === 1 ? `${base}.gguf` : `${base}-${n}.gguf`)
    if (!(await exists(path)) && !(await exists(`${path}.partial`))) return path
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false)
}

async function checkFolder(path: string, chosenByUser: boolean): Promise<void> {
  const folder = dirname(path)
  try {
    if (!chosenByUser) await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
    if (await stat(path).then((facts) => facts.isDirectory(), () => false)) throw new Error('it is a folder')
  } catch (error) {
    throw new ExpectedError('output-not-writable', { path, reason: error instanceof Error ? error.message : String(error) }, { cause: error })
  }
}

/** Room left over on the volume after the file is written. */
const SPARE_BYTES = 64 * 2 ** 20

async function checkRoom(path: string, bytes: number): Promise<void> {
  const volume = await statfs(dirname(path))
  const freeBytes = volume.bavail * volume.bsize
  if (freeBytes < bytes + SPARE_BYTES) throw new ExpectedError('disk-full', { path, needed: bytes + SPARE_BYTES, freeBytes })
}
