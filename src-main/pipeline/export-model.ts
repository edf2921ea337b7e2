import { constants } from 'node:fs'
import { copyFile, link, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { ExpectedError } from '../contract/errors.ts'
import type { ExportedFile } from '../contract/export.ts'
import type { FormatName } from '../contract/recipe.ts'
import type { Report } from '../contract/report.ts'
import { sha256OfRange } from '../formats/positional-read.ts'
import { syncFolderOf } from '../formats/sync-folder.ts'
import { explainWriteFailure } from '../formats/write-failure.ts'
import { splitGguf } from '../formats/gguf/split.ts'
import { bytesWritten, hashWritten } from './written.ts'

/** Free bytes of the volume a folder lies on; a seam for tests. */
export type FreeBytes = (folder: string) => Promise<number>

export const freeBytesOf: FreeBytes = async (folder) => {
  const volume = await statfs(folder)
  return volume.bavail * volume.bsize
}

/** A finished model and where it goes. */
export interface ExportModelInput {
  readonly file: Report['file']
  readonly format: FormatName
  readonly folder: string
  /** Without ending. */
  readonly name: string
  readonly splitBytes: number | null
  readonly freeBytes: FreeBytes
}

/**
 * Copies or splits what a run wrote. A copy is a hard link where the volume allows, else a copy under a temporary name whose hash is
 * checked. What is there already is left as it is: equal, it counts as exported; else ExpectedError 'output-exists' {path}. Throws also
 * 'export-failed' {reason}, 'disk-full', 'output-not-writable'.
 */
export async function exportModel(input: ExportModelInput): Promise<ExportedFile[]> {
  await requireSource(input)
  if (input.splitBytes !== null) {
    const { folder, name, splitBytes } = input
    const parts = await splitGguf(input.file.path, {
      folder,
      name,
      partBytes: splitBytes,
      checkRoom: (bytes) => requireRoom(input, join(folder, name), bytes),
    })
    return parts.map((part) => ({ ...part, linked: false }))
  }
  const target = join(input.folder, `${input.name}${input.format === 'gguf' ? '.gguf' : ''}`)
  if (await isThere(target)) {
    if (resolve(target) !== resolve(input.file.path) && !(await isEqual(target, input)))
      throw new ExpectedError('output-exists', { path: target })
    return [{ path: target, bytes: input.file.bytes, linked: false }]
  }
  return [await (input.format === 'gguf' ? copyOne(input, target) : copyFolder(input, target))]
}

async function requireSource({ file, format }: ExportModelInput): Promise<void> {
  const facts = await stat(file.path).catch(() => null) // gone, or out of reach
  if (facts === null) throw new ExpectedError('export-failed', { reason: 'file-gone', path: file.path })
  const isSame = facts.isDirectory() === (format !== 'gguf') && (await bytesWritten(file.path, format)) === file.bytes
  if (!isSame) throw new ExpectedError('export-failed', { reason: 'file-changed', path: file.path })
}

async function isEqual(target: string, { file, format }: ExportModelInput): Promise<boolean> {
  const facts = await stat(target)
  return (
    facts.isDirectory() === (format !== 'gguf') &&
    (await bytesWritten(target, format)) === file.bytes &&
    (await hashWritten(target, format)) === file.sha256
  )
}

async function copyOne(input: ExportModelInput, target: string): Promise<ExportedFile> {
  const { file } = input
  if (await tryLink(file.path, target)) return { path: target, bytes: file.bytes, linked: true }
  await requireRoom(input, target, file.bytes)
  await viaPartial(target, file.bytes, async (partial) => {
    await copyWhole(file.path, partial)
    if ((await sha256OfRange(partial, 0, (await stat(partial)).size)) !== file.sha256)
      throw new ExpectedError('export-failed', { reason: 'copy-differs', path: target })
  })
  return { path: target, bytes: file.bytes, linked: false }
}

async function copyFolder(input: ExportModelInput, target: string): Promise<ExportedFile> {
  const { path, bytes } = input.file
  const names = (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name)
  let isLinked = true
  await viaPartial(target, bytes, async (partial) => {
    await mkdir(partial)
    for (const name of names) {
      if (isLinked && (await tryLink(join(path, name), join(partial, name)))) continue
      if (isLinked) await requireRoom(input, target, bytes)
      isLinked = false
      await copyWhole(join(path, name), join(partial, name))
    }
    if ((await hashWritten(partial, input.format)) !== input.file.sha256)
      throw new ExpectedError('export-failed', { reason: 'copy-differs', path: target })
  })
  return { path: target, bytes, linked: isLinked }
}

/** Makes something under a temporary name, and gives it its own when it is whole; takes it away when that fails. */
async function viaPartial(target: string, bytes: number, make: (partial: string) => Promise<void>): Promise<void> {
  const partial = `${target}.partial`
  try {
    await rm(partial, { recursive: true, force: true })
    await make(partial)
    if (await isThere(target)) throw new ExpectedError('output-exists', { path: target })
    await rename(partial, target)
    await syncFolderOf(target)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw explainWriteFailure(error, target, bytes)
  }
}

/** A hard link; false where the volume or the system has none between the two. Throws when the target's folder is not there. */
async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new ExpectedError('output-exists', { path: to }, { cause: error })
    return false // another volume, a file system or a user without hard links: copied instead, which says what is wrong
  }
}

/** Shares blocks where the file system can. On the disk when it returns. */
async function copyWhole(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
  const handle = await open(to, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function requireRoom({ freeBytes: ask }: ExportModelInput, target: string, needed: number): Promise<void> {
  const freeBytes = await ask(dirname(target)).catch((error: unknown) => {
    throw explainWriteFailure(error, target, needed)
  })
  if (freeBytes < needed) throw new ExpectedError('disk-full', { path: target, needed, freeBytes })
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
