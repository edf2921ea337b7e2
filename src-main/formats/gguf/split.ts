import { open, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { ExpectedError } from '../../contract/errors.ts'
import { READ_CHUNK_BYTES, readInto } from '../positional-read.ts'
import { readGgufHeader } from './reader.ts'
import { partName, planSplit } from './split-plan.ts'
import type { SplitPart } from './split-plan.ts'
import { GgufWriter } from './writer.ts'

/** A part on the disk. */
export interface WrittenPart {
  readonly path: string
  readonly bytes: number
}

export interface SplitOptions {
  readonly folder: string
  /** Names of the parts, without number and ending. */
  readonly name: string
  readonly partBytes: number
  /** Asked with the bytes all parts need before the first is written; throws when there is no room. */
  readonly checkRoom: (bytes: number) => Promise<void>
}

/**
 * Splits a GGUF file as llama.cpp does, each part under a temporary name until it is whole. All parts or none: what was written is taken
 * away when a later part fails. Throws ExpectedError 'gguf-invalid', 'output-exists' {path}, 'export-failed' {reason}, 'disk-full' or
 * 'output-not-writable'.
 */
export async function splitGguf(path: string, { folder, name, partBytes, checkRoom }: SplitOptions): Promise<WrittenPart[]> {
  const source = await open(path, 'r').catch((error: unknown) => {
    throw new ExpectedError('gguf-invalid', { path, reason: 'unreadable' }, { cause: error })
  })
  try {
    const parts = planSplit(await readGgufHeader(source, (await source.stat()).size, path), partBytes)
    const targets = parts.map((part, index) => ({ part, path: join(folder, partName(name, index, parts.length)) }))
    for (const target of targets) {
      if (
        await stat(target.path).then(
          () => true,
          () => false,
        )
      )
        throw new ExpectedError('output-exists', { path: target.path })
    }
    await checkRoom(parts.reduce((sum, { layout }) => sum + layout.fileBytes, 0))
    return await writeAll(source, targets)
  } finally {
    await source.close()
  }
}

async function writeAll(source: FileHandle, targets: readonly { part: SplitPart; path: string }[]): Promise<WrittenPart[]> {
  const written: WrittenPart[] = []
  try {
    for (const { part, path } of targets) {
      await writePart(source, part, path)
      written.push({ path, bytes: part.layout.fileBytes })
    }
    return written
  } catch (error) {
    for (const { path } of written) await rm(path, { force: true })
    throw error
  }
}

async function writePart(source: FileHandle, { layout, tensors }: SplitPart, path: string): Promise<void> {
  const writer = await GgufWriter.create(path, layout)
  try {
    for (const { name, position, bytes } of tensors) {
      for (let at = 0; at < bytes; at += READ_CHUNK_BYTES) {
        const piece = new Uint8Array(Math.min(READ_CHUNK_BYTES, bytes - at))
        if ((await readInto(source, piece, position + at)) < piece.byteLength)
          throw new ExpectedError('gguf-invalid', { path, tensor: name, reason: 'ends-inside' })
        await writer.write(name, piece)
      }
    }
    await writer.finish()
  } catch (error) {
    await writer.abort('remove')
    throw error
  }
}
