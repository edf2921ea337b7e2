import { lstat, mkdir, open, readdir, readFile, rename, rm, rmdir, unlink } from 'node:fs/promises'
import path from 'node:path'
import { ExpectedError } from '../../contract/errors.ts'
import { sha256OfRange } from '../positional-read.ts'
import { syncFolderOf } from '../sync-folder.ts'
import { explainWriteFailure } from '../write-failure.ts'
import { refuseExisting, removeReplaced, setAside } from './replace-folder.ts'
import { shardBytes, ShardWriter } from './shard-writer.ts'
import type { ShardLayout, WrittenShard } from './shard-writer.ts'

/** A small file of the folder: its bytes, or a file to copy. */
export interface FolderFile {
  readonly name: string
  readonly content: string | Uint8Array | { readonly copyOf: string }
}

export interface FolderWriterOptions {
  /** Whether a folder of the final name may be replaced; only one that Whittle wrote ever is. */
  readonly overwrite?: boolean
  /** Whether a folder under the temporary name may be emptied: one that an earlier attempt left. Left out = yes. An empty one always is. */
  readonly replacePartial?: boolean
  /** Weight files a journal says are done, by name, with the sha256 of the whole file: those that bear it out are kept. */
  readonly keepShards?: ReadonlyMap<string, string>
}

/** The name a folder has while it is written. */
export function partialFolder(folder: string): string {
  return `${folder}.partial`
}

/**
 * Writes a folder of weight files under a temporary name, file by file, and small files last. Ends with `finish` or `abort`.
 * Every method may throw ExpectedError 'disk-full' {path, needed} or 'output-not-writable' {path, reason}.
 */
export class SafetensorsFolderWriter {
  readonly #folder: string
  readonly #shards: readonly ShardLayout[]
  readonly #overwrite: boolean
  /** Names of the finished weight files, each with its sha256. */
  readonly #done: Map<string, string>
  #open: ShardWriter | null = null

  private constructor(folder: string, shards: readonly ShardLayout[], overwrite: boolean, done: Map<string, string>) {
    this.#folder = folder
    this.#shards = shards
    this.#overwrite = overwrite
    this.#done = done
  }

  /**
   * Starts `<folder>.partial`, or goes on with it: of what lies there only the weight files in `keepShards` with the sha256 named there
   * stay. Throws ExpectedError 'output-exists' {path, reason?} when the final folder is there and may not be replaced.
   */
  static async create(folder: string, shards: readonly ShardLayout[], options: FolderWriterOptions = {}): Promise<SafetensorsFolderWriter> {
    const overwrite = options.overwrite ?? false
    await refuseExisting(folder, overwrite)
    const partial = partialFolder(folder)
    try {
      if (options.replacePartial === false) {
        await removeTrial(partial)
        await mkdir(path.dirname(partial), { recursive: true })
        await mkdir(partial)
      } else await mkdir(partial, { recursive: true })
      const done = await keptShards(partial, shards, options.keepShards ?? new Map())
      for (const entry of await readdir(partial)) if (!done.has(entry)) await unlink(path.join(partial, entry))
      return new SafetensorsFolderWriter(folder, shards, overwrite, done)
    } catch (error) {
      throw explainWriteFailure(
        error,
        partial,
        shards.reduce((sum, shard) => sum + shardBytes(shard), 0),
      )
    }
  }

  /** Names of the weight files that are written, those kept from before included. */
  get done(): ReadonlySet<string> {
    return new Set(this.#done.keys())
  }

  /** Begins weight file `index`. Throws RangeError when it is already there, or another is being written. */
  async begin(index: number): Promise<void> {
    const shard = this.#shards[index]
    if (shard === undefined || this.#done.has(shard.name) || this.#open !== null)
      throw new RangeError(`weight file ${index} is not to be written now`)
    this.#open = await ShardWriter.create(path.join(partialFolder(this.#folder), shard.name), shard)
  }

  /** Appends a piece of a tensor to the weight file begun last. Throws RangeError when it is not this tensor's turn or it gets too long. */
  async write(name: string, chunk: Uint8Array): Promise<void> {
    await this.#current().write(name, chunk)
  }

  /** Finishes the weight file begun last: synced, checked, renamed. Throws ExpectedError 'output-changed' {path, reason} too. */
  async end(): Promise<WrittenShard> {
    const written = await this.#current().finish()
    const shard = path.join(partialFolder(this.#folder), written.name)
    await syncFolderOf(shard).catch((error: unknown) => {
      throw explainWriteFailure(error, shard, 0)
    })
    this.#open = null
    this.#done.set(written.name, written.sha256)
    return written
  }

  /**
   * Checks the weight files against what was written, writes the small files, syncs the folder and gives it its name. Throws RangeError
   * while weight files are missing, ExpectedError 'output-changed' {path, reason} when one is not as it was written.
   */
  async finish(files: readonly FolderFile[]): Promise<void> {
    const missing = this.#shards.find((shard) => !this.#done.has(shard.name))
    if (missing !== undefined) throw new RangeError(`${missing.name} is not written yet`)
    const partial = partialFolder(this.#folder)
    for (const shard of this.#shards) await this.#check(path.join(partial, shard.name), shard)
    const contents: (readonly [string, string | Uint8Array])[] = []
    for (const file of files) contents.push([path.join(partial, plainName(file.name)), await contentOf(file)])
    try {
      for (const [target, content] of contents) await writeSynced(target, content)
      await syncFolderOf(path.join(partial, 'config.json'))
      await refuseExisting(this.#folder, this.#overwrite)
      await setAside(this.#folder)
      await rename(partial, this.#folder)
      await syncFolderOf(path.resolve(this.#folder))
      await removeReplaced(this.#folder)
    } catch (error) {
      throw explainWriteFailure(error, partial, 0)
    }
  }

  /** Drops the weight file being written; the finished ones are kept, to be gone on with, or removed too, where that is still possible. */
  async abort(partial: 'keep' | 'remove' = 'keep'): Promise<void> {
    await this.#open?.abort()
    this.#open = null
    if (partial === 'remove') await rm(partialFolder(this.#folder), { recursive: true, force: true }).catch(() => undefined)
  }

  async #check(file: string, shard: ShardLayout): Promise<void> {
    const found = await sha256OfRange(file, 0, shardBytes(shard)).catch(() => null) // gone or shorter
    if (found !== this.#done.get(shard.name)) throw new ExpectedError('output-changed', { path: file, reason: 'not-as-written' })
  }

  #current(): ShardWriter {
    if (this.#open === null) throw new RangeError('no weight file was begun')
    return this.#open
  }
}

/** The empty file that is made in the folder, and taken away again, to see whether it can be written to. */
export const TRIAL_FILE = 'try.partial'

/** A run that was killed while it looked whether it can write here leaves an empty folder, or that file in it. Anything else stays. */
async function removeTrial(partial: string): Promise<void> {
  const entries = await readdir(partial).catch(() => null) // not there, or no folder: making one says why
  if (entries === null) return
  const trial = path.join(partial, TRIAL_FILE)
  if (entries.length === 1 && entries[0] === TRIAL_FILE && (await lstat(trial)).size === 0) await unlink(trial)
  else if (entries.length > 0) return
  await rmdir(partial)
}

/** Names of the weight files in `partial` whose size and sha256 are as the journal has them. */
async function keptShards(
  partial: string,
  shards: readonly ShardLayout[],
  journal: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const kept = new Map<string, string>()
  const there = new Set(await readdir(partial))
  for (const shard of shards) {
    const expected = journal.get(shard.name)
    if (expected === undefined || !there.has(shard.name)) continue
    const file = path.join(partial, shard.name)
    const sha256 = await sha256OfRange(file, 0, shardBytes(shard)).catch((error: unknown) => {
      if (error instanceof RangeError) return null // shorter than it should be
      throw error
    })
    if (sha256 === expected) kept.set(shard.name, expected)
  }
  return kept
}

function plainName(name: string): string {
  if (name !== path.basename(name) || name === '..' || name === '.') throw new RangeError(`${name} is not a plain file name`)
  return name
}

/** Copies are read first: what cannot be read is not the output's fault. */
async function contentOf({ content }: FolderFile): Promise<string | Uint8Array> {
  return typeof content === 'object' && 'copyOf' in content ? readFile(content.copyOf) : content
}

async function writeSynced(target: string, content: string | Uint8Array): Promise<void> {
  const handle = await open(target, 'w')
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
