import { lstat, open, rename, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { ChangedReason } from '../../contract/error-details.ts'
import { ExpectedError } from '../../contract/errors.ts'
import type { Because } from '../../contract/reasons.ts'
import { readInto, sha256OfRange } from '../positional-read.ts'
import { syncFolderOf } from '../sync-folder.ts'
import { explainWriteFailure } from '../write-failure.ts'
import type { GgufLayout, GgufTensorPlace } from './layout.ts'
import { readGgufHeader } from './reader.ts'

export interface GgufWriterOptions {
  /** Whether a file of the final name may be replaced. */
  readonly overwrite?: boolean
  /** Whether a file under the temporary name may be replaced: one that an earlier attempt left. Left out = yes. An empty one always is. */
  readonly replacePartial?: boolean
}

/** Bytes [start, end) of a file, and what they were when they were written. */
export interface WrittenSpan {
  readonly start: number
  readonly end: number
  readonly sha256: string
}

/** The name a file has while it is written. */
export function partialPath(path: string): string {
  return `${path}.partial`
}

/**
 * Writes a GGUF file tensor by tensor, in the order of its layout, under a temporary name. Ends with `finish` or `abort`.
 * Every method may throw ExpectedError 'disk-full' {path, needed} or 'output-not-writable' {path, reason}.
 */
export class GgufWriter {
  readonly #path: string
  readonly #layout: GgufLayout
  readonly #handle: FileHandle
  readonly #overwrite: boolean
  /** Bytes written so far: the place in the file where the next byte goes. */
  #position: number
  /** Which tensor comes next, or is being written. */
  #next: number

  private constructor(path: string, layout: GgufLayout, handle: FileHandle, position: number, options: GgufWriterOptions) {
    this.#path = path
    this.#layout = layout
    this.#handle = handle
    this.#overwrite = options.overwrite ?? false
    this.#position = position
    this.#next = layout.tensors.findIndex((tensor) => tensor.position >= position)
    if (this.#next === -1) this.#next = layout.tensors.length
  }

  /** Starts `<path>.partial` with the header. Throws ExpectedError 'output-exists' {path} when `path` is there and may not be replaced. */
  static async create(path: string, layout: GgufLayout, options: GgufWriterOptions = {}): Promise<GgufWriter> {
    if (options.overwrite !== true) await refuseExisting(path)
    const mayReplace = options.replacePartial !== false || (await isEmptyFile(partialPath(path)))
    const handle = await open(partialPath(path), mayReplace ? 'w' : 'wx').catch(explain(path, layout.fileBytes))
    const writer = new GgufWriter(path, layout, handle, 0, options)
    await writer.#put(layout.headerBytes).catch(closing(handle))
    return writer
  }

  /**
   * Goes on with `<path>.partial` after its first `keptBytes`, which must end a tensor (or the header); what lies behind them is cut off.
   * Throws ExpectedError 'run-not-resumable' {path, reason} when the file is missing, shorter, or begins with another header.
   */
  static async resume(path: string, layout: GgufLayout, keptBytes: number, options: GgufWriterOptions = {}): Promise<GgufWriter> {
    if (options.overwrite !== true) await refuseExisting(path)
    const isBoundary = keptBytes === layout.fileBytes || layout.tensors.some((tensor) => tensor.position === keptBytes)
    if (!isBoundary) throw new RangeError(`no tensor ends at byte ${keptBytes}`)
    const partial = partialPath(path)
    const handle = await open(partial, 'r+').catch((error: unknown) => {
      throw new ExpectedError('run-not-resumable', { path: partial, reason: 'unreadable' }, { cause: error })
    })
    try {
      await checkKept(handle, partial, layout, keptBytes)
      await handle.truncate(keptBytes)
      return new GgufWriter(path, layout, handle, keptBytes, options)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Bytes on their way to disk so far. */
  get position(): number {
    return this.#position
  }

  /** Bytes [start, end) of the file that hold `names` and their padding; the names must be neighbors. */
  spanOf(names: readonly string[]): { start: number; end: number } {
    return spanOf(this.#layout, names)
  }

  /** Appends a piece of a tensor. Pieces come in the order of the layout; the padding after a tensor is written with its last piece. */
  async write(name: string, chunk: Uint8Array): Promise<void> {
    const tensor = this.#layout.tensors[this.#next]
    if (tensor === undefined || tensor.name !== name)
      throw new RangeError(`${name} is written out of turn: ${tensor?.name ?? 'nothing'} comes next`)
    const end = tensor.position + tensor.bytes
    if (this.#position + chunk.byteLength > end) throw new RangeError(`${name} is longer than ${tensor.bytes} bytes`)
    await this.#put(chunk)
    if (this.#position < end) return
    await this.#put(new Uint8Array(tensor.paddedBytes - tensor.bytes))
    this.#next++
  }

  /** Waits until everything written so far is on the disk. */
  async sync(): Promise<void> {
    await this.#handle.sync().catch(explain(this.#path, this.#layout.fileBytes - this.#position))
  }

  /**
   * Syncs, closes, reads the header back, checks it and the length against the layout and `written` against what is in the file now, and
   * renames to the final name. Throws ExpectedError 'output-changed' {path, reason} or 'output-exists' {path}; the partial file is then
   * left as it is.
   */
  async finish(written: readonly WrittenSpan[] = []): Promise<void> {
    if (this.#next < this.#layout.tensors.length) throw new RangeError(`${this.#layout.tensors[this.#next]?.name} is not written yet`)
    await this.sync().finally(() => this.#handle.close())
    await verify(partialPath(this.#path), this.#layout, written)
    if (!this.#overwrite) await refuseExisting(this.#path)
    await rename(partialPath(this.#path), this.#path).catch(explain(this.#path, 0))
    await syncFolderOf(this.#path).catch(explain(this.#path, 0))
  }

  /** Closes and keeps the partial file, to be resumed later; or removes it, where that is still possible. */
  async abort(partial: 'keep' | 'remove' = 'keep'): Promise<void> {
    await this.#handle.close()
    // A failure before it is the one to tell.
    if (partial === 'remove') await rm(partialPath(this.#path), { force: true }).catch(() => undefined)
  }

  async #put(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.byteLength;) {
      const { bytesWritten } = await this.#handle
        .write(bytes, done, bytes.byteLength - done, this.#position)
        .catch(explain(this.#path, this.#layout.fileBytes - this.#position))
      done += bytesWritten
      this.#position += bytesWritten
    }
  }
}

/** Bytes [start, end) of a file that hold `names` and their padding. Throws RangeError when they are not neighbors in the layout. */
export function spanOf(layout: GgufLayout, names: readonly string[]): { start: number; end: number } {
  const first = layout.tensors.findIndex((tensor) => tensor.name === names[0])
  const run = first === -1 ? [] : layout.tensors.slice(first, first + names.length)
  const [head, tail] = [run[0], run.at(-1)]
  const areNeighbors = run.every((tensor, i) => tensor.name === names[i]) && run.length === names.length
  if (head === undefined || tail === undefined || !areNeighbors) throw new RangeError(`${names.join(', ')} are not neighbors in the file`)
  return { start: head.position, end: endOf(tail) }
}

function endOf(tensor: GgufTensorPlace): number {
  return tensor.position + tensor.paddedBytes
}

async function checkKept(handle: FileHandle, path: string, layout: GgufLayout, keptBytes: number): Promise<void> {
  const { size } = await handle.stat()
  if (size < keptBytes)
    throw new ExpectedError('run-not-resumable', { path, reason: 'shorter-than-journal', bytes: size, expected: keptBytes })
  if (!(await startsWith(handle, layout.headerBytes))) throw new ExpectedError('run-not-resumable', { path, reason: 'other-header' })
}

async function startsWith(handle: FileHandle, header: Uint8Array): Promise<boolean> {
  const found = new Uint8Array(header.byteLength)
  await readInto(handle, found, 0)
  return Buffer.compare(found, header) === 0
}

async function verify(path: string, layout: GgufLayout, written: readonly WrittenSpan[]): Promise<void> {
  const failed = (because: Because<ChangedReason>, cause?: unknown) => new ExpectedError('output-changed', { path, ...because }, { cause })
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw failed({ reason: 'gone' }, error)
  })
  try {
    const { size } = await handle.stat()
    if (size !== layout.fileBytes) throw failed({ reason: 'other-size', bytes: size, expected: layout.fileBytes })
    if (!(await startsWith(handle, layout.headerBytes))) throw failed({ reason: 'other-header' })
    const header = await readGgufHeader(handle, size, path)
    if (header.tensors.length !== layout.tensors.length) throw failed({ reason: 'other-tensors' })
    for (const { start, end, sha256 } of written) {
      if ((await sha256OfRange(path, start, end)) !== sha256) throw failed({ reason: 'other-bytes', start, end })
    }
  } finally {
    await handle.close()
  }
}

/** A run that was killed while it looked whether it can write here leaves an empty file: nobody misses what it holds. */
async function isEmptyFile(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null) // not there: it is made
  return found?.isFile() === true && found.size === 0
}

async function refuseExisting(path: string): Promise<void> {
  const found = await stat(path).catch(() => null) // not there, or not reachable: then opening says why
  if (found !== null) throw new ExpectedError('output-exists', { path })
}

function explain(path: string, needed: number): (error: unknown) => never {
  return (error) => {
    throw explainWriteFailure(error, path, needed)
  }
}

function closing(handle: FileHandle): (error: unknown) => Promise<never> {
  return async (error) => {
    await handle.close()
    throw error
  }
}
