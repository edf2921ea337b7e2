import { createHash } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { ExpectedError } from '../../contract/errors.ts'
import { explainWriteFailure } from '../write-failure.ts'
import { openSafetensorsFile } from './file.ts'
import { bytesOf, encodeHeader } from './writer.ts'
import type { SafetensorsEntry } from './writer.ts'

/** One weight file of a folder, before it is written. */
export interface ShardLayout {
  readonly name: string
  readonly tensors: readonly SafetensorsEntry[]
  readonly metadata: Readonly<Record<string, string>>
}

/** What was written: enough for a journal to tell the file again. */
export interface WrittenShard {
  readonly name: string
  readonly bytes: number
  /** Of the whole file, in hex. */
  readonly sha256: string
}

/** Bytes of a weight file, header included. */
export function shardBytes({ tensors, metadata }: ShardLayout): number {
  return tensors.reduce((sum, tensor) => sum + bytesOf(tensor), encodeHeader(tensors, metadata).byteLength)
}

/**
 * Writes one weight file, tensor by tensor in the order of its layout, under a temporary name. Ends with `finish` or `abort`.
 * Every method may throw ExpectedError 'disk-full' {path, needed} or 'output-not-writable' {path, reason}.
 */
export class ShardWriter {
  readonly #path: string
  readonly #layout: ShardLayout
  readonly #handle: FileHandle
  readonly #bytes: number
  readonly #hash = createHash('sha256')
  #position = 0
  /** Which tensor comes next, or is being written, and how much of it is there. */
  #next = 0
  #written = 0

  private constructor(path: string, layout: ShardLayout, handle: FileHandle) {
    this.#path = path
    this.#layout = layout
    this.#handle = handle
    this.#bytes = shardBytes(layout)
  }

  /** Starts `<path>.partial` with the header. */
  static async create(path: string, layout: ShardLayout): Promise<ShardWriter> {
    const handle = await open(`${path}.partial`, 'w').catch((error: unknown) => {
      throw explainWriteFailure(error, path, shardBytes(layout))
    })
    const writer = new ShardWriter(path, layout, handle)
    try {
      await writer.#put(encodeHeader(layout.tensors, layout.metadata))
      return writer
    } catch (error) {
      await writer.abort()
      throw error
    }
  }

  /** Appends a piece of a tensor. Throws RangeError when it is not this tensor's turn or it gets too long. */
  async write(name: string, chunk: Uint8Array): Promise<void> {
    const tensor = this.#layout.tensors[this.#next]
    if (tensor === undefined || tensor.name !== name)
      throw new RangeError(`${name} is written out of turn: ${tensor?.name ?? 'nothing'} comes next`)
    const wanted = bytesOf(tensor)
    if (this.#written + chunk.byteLength > wanted) throw new RangeError(`${name} is longer than ${wanted} bytes`)
    await this.#put(chunk)
    this.#written += chunk.byteLength
    if (this.#written < wanted) return
    this.#next++
    this.#written = 0
  }

  /** Syncs, closes, reads the header back and checks it, and renames. Throws ExpectedError 'output-changed' {path, reason} too. */
  async finish(): Promise<WrittenShard> {
    const unwritten = this.#layout.tensors[this.#next]
    if (unwritten !== undefined) throw new RangeError(`${unwritten.name} is not written yet`)
    try {
      await this.#handle.sync().finally(() => this.#handle.close())
      await this.#verify()
      await rename(`${this.#path}.partial`, this.#path)
    } catch (error) {
      throw explainWriteFailure(error, this.#path, 0)
    }
    return { name: this.#layout.name, bytes: this.#bytes, sha256: this.#hash.digest('hex') }
  }

  /**
   * Closes and removes what was written of this file. What cannot be removed stays, to be replaced: there was a failure before, and that is
   * the one to tell.
   */
  async abort(): Promise<void> {
    await this.#handle.close()
    await rm(`${this.#path}.partial`, { force: true }).catch(() => undefined) // a failure before it is the one to tell
  }

  async #put(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes)
    for (let done = 0; done < bytes.byteLength;) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.byteLength - done, this.#position).catch((error: unknown) => {
        throw explainWriteFailure(error, this.#path, this.#bytes - this.#position)
      })
      done += bytesWritten
      this.#position += bytesWritten
    }
  }

  async #verify(): Promise<void> {
    const path = `${this.#path}.partial`
    const file = await openSafetensorsFile(path).catch((error: unknown) => {
      throw new ExpectedError('output-changed', { path, reason: 'unreadable' }, { cause: error })
    })
    await file.handle.close()
    const listed = ({ name, dtype, shape }: SafetensorsEntry) => `${name} ${dtype} ${shape.join(' ')}`
    const isWhole = file.bytes === this.#bytes && file.spans.length === this.#layout.tensors.length
    const isSame =
      isWhole &&
      this.#layout.tensors.every((tensor, i) => {
        const span = file.spans[i]
        return span !== undefined && listed(span) === listed(tensor)
      })
    if (!isSame) throw new ExpectedError('output-changed', { path, reason: 'other-header' })
  }
}
