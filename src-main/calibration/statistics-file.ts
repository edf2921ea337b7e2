import { createHash, randomUUID } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import * as z from 'zod'
import type { StatisticsReason } from '../contract/error-details.ts'
import { ExpectedError } from '../contract/errors.ts'
import { hashOpened, readInto } from '../formats/positional-read.ts'
import { syncFolderOf } from '../formats/sync-folder.ts'
import { explainWriteFailure } from '../formats/write-failure.ts'
import type { ExpertStatistics, LayerStatistics, ModelStatistics } from './statistics.ts'

/**
 * One file holds a model's statistics: magic, header length (u32), header (JSON with every array's name and length, in the
 * order they follow), the arrays as little-endian float64, and the sha256 of all before it. Equal statistics, equal bytes.
 */
export const STATISTICS_MAGIC = 'WHTLSTAT'
/** Raised whenever the layout or the meaning of a number changes. */
export const STATISTICS_VERSION = 2
/** The checksum at the end. */
export const HASH_BYTES = 32
/** Longest header believed: 200 layers need 200 kB. */
export const LONGEST_HEADER = 16 << 20

/** The arrays of a layer's experts, in the order they lie in the file. */
export const EXPERT_ARRAYS = [
  'tokens',
  'gateSum',
  'maxOutput',
  'outputNormSum',
  'gatedOutputNormSum',
  'input',
  'gatedInput',
  'downInput',
  'gatedDownInput',
] as const satisfies readonly (keyof ExpertStatistics)[]
const DENSE_ARRAYS = [
  'attentionInput',
  'attentionOutputInput',
  'latentQueryInput',
  'latentInput',
  'commonInput',
  'commonDownInput',
] as const
const LAYER_NUMBERS = ['layer', 'tokens', 'residualPower', 'attentionPower', 'expertsPower'] as const

/** What a file says about its arrays. */
export interface Header {
  readonly version: number
  readonly tokens: number
  /** Lengths of outputInput and tokenCounts. */
  readonly model: readonly [number, number]
  readonly layers: readonly { readonly numbers: readonly number[]; readonly lengths: readonly number[] }[]
}

function layerArrays(layer: LayerStatistics): Float64Array[] {
  return [...EXPERT_ARRAYS.map((name) => layer.experts[name]), ...DENSE_ARRAYS.map((name) => layer[name])]
}

function headerOf(statistics: ModelStatistics): Header {
  return {
    version: STATISTICS_VERSION,
    tokens: statistics.tokens,
    model: [statistics.outputInput.length, statistics.tokenCounts.length],
    layers: statistics.layers.map((layer) => ({
      numbers: LAYER_NUMBERS.map((name) => layer[name]),
      lengths: layerArrays(layer).map((array) => array.length),
    })),
  }
}

/** The file's bytes in order, without the checksum. */
function* pieces(statistics: ModelStatistics): Generator<Uint8Array> {
  const header = Buffer.from(JSON.stringify(headerOf(statistics)))
  // Spaces up to a multiple of 8, so that the arrays of a file read at once are aligned.
  const padded = Buffer.alloc(Math.ceil((12 + header.length) / 8) * 8 - 12, ' ')
  header.copy(padded)
  const start = Buffer.alloc(12)
  start.write(STATISTICS_MAGIC, 0, 'latin1')
  start.writeUInt32LE(padded.length, 8)
  yield start
  yield padded
  for (const array of [statistics.outputInput, statistics.tokenCounts, ...statistics.layers.flatMap(layerArrays)]) {
    yield new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  }
}

async function writeAll(file: FileHandle, statistics: ModelStatistics, hash: Hash): Promise<void> {
  for (const piece of pieces(statistics)) {
    hash.update(piece)
    await file.writeFile(piece)
  }
  await file.writeFile(hash.digest())
  await file.sync()
}

/**
 * The user's disk or folder at fault, by code; anything else as it is. The file lies in Whittle's own folder, not where the user put the
 * output.
 */
function translate(error: unknown, path: string, statistics: ModelStatistics): unknown {
  const needed = HASH_BYTES + [...pieces(statistics)].reduce((sum, piece) => sum + piece.length, 0)
  const told = explainWriteFailure(error, path, needed)
  const isFolder = told instanceof ExpectedError && told.code === 'output-not-writable'
  return isFolder ? new ExpectedError('work-folder-not-writable', { path, reason: String(told.details['reason']) }, { cause: error }) : told
}

/**
 * Writes `statistics` to `path` in one step: under another name first, fsynced, then renamed.
 * Throws ExpectedError 'disk-full' or 'work-folder-not-writable' {path}; nothing is left behind then.
 */
export async function writeStatistics(path: string, statistics: ModelStatistics): Promise<void> {
  const temporary = `${path}.${randomUUID()}.part`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await writeAll(file, statistics, createHash('sha256'))
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncFolderOf(path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined) // the first failure is the one to tell
    throw translate(error, path, statistics)
  }
}

/** Throws ExpectedError 'verification-failed'. */
export function refuse(path: string, reason: StatisticsReason, cause?: unknown): never {
  throw new ExpectedError('verification-failed', { path, reason }, { cause })
}

const count = z.int().min(0)
const HeaderText = z.object({
  version: z.int(),
  tokens: z.number(),
  model: z.tuple([count, count]),
  layers: z.array(
    z.object({
      numbers: z
        .array(
          z
            .number()
            .nullable()
            .transform((number) => number ?? NaN),
        )
        .length(LAYER_NUMBERS.length), // JSON has no NaN
      lengths: z.array(count).length(EXPERT_ARRAYS.length + DENSE_ARRAYS.length),
    }),
  ),
}) satisfies z.ZodType<Header>

/** The header from its text: of this version, and of arrays that take exactly `arrayBytes`. Throws ExpectedError 'verification-failed'. */
export function parseStatisticsHeader(text: string, arrayBytes: number, path: string): Header {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    refuse(path, 'not-statistics', error)
  }
  const versioned = z.object({ version: z.int() }).safeParse(value)
  if (versioned.success && versioned.data.version !== STATISTICS_VERSION) refuse(path, 'version')
  const { data: header, error } = HeaderText.safeParse(value)
  if (header === undefined) return refuse(path, 'not-statistics', error)
  const numbers = [header.model, ...header.layers.map(({ lengths }) => lengths)].flat().reduce((sum, length) => sum + length, 0)
  return numbers * Float64Array.BYTES_PER_ELEMENT === arrayBytes ? header : refuse(path, 'truncated')
}

/** Length of the header. Throws unless the file begins like one of ours and has room for it. */
async function headerLength(file: FileHandle, size: number, path: string): Promise<number> {
  const first = Buffer.alloc(12)
  if (size < first.length + HASH_BYTES || (await readInto(file, first, 0)) < first.length) refuse(path, 'truncated')
  const length = first.readUInt32LE(8)
  if (length > LONGEST_HEADER || first.length + length + HASH_BYTES > size) refuse(path, 'truncated')
  if (first.toString('latin1', 0, 8) !== STATISTICS_MAGIC) refuse(path, 'not-statistics')
  return length
}

async function checkHash(file: FileHandle, size: number, path: string): Promise<void> {
  const found = Buffer.alloc(HASH_BYTES)
  await readAll(file, found, size - HASH_BYTES, path)
  if ((await hashOpened(file, path, 0, size - HASH_BYTES)) !== found.toString('hex')) refuse(path, 'checksum')
}

async function readAll(file: FileHandle, target: Uint8Array, position: number, path: string): Promise<void> {
  if ((await readInto(file, target, position)) < target.byteLength) refuse(path, 'truncated')
}

/**
 * Reads what {@link writeStatistics} wrote: once for the checksum, then array by array, for the file of a large model is longer than one
 * buffer may be. Throws ExpectedError 'verification-failed' {path, reason} when the file is missing, damaged or of another version.
 */
export async function readStatistics(path: string): Promise<ModelStatistics> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException | null)?.code === 'ENOENT') return refuse(path, 'missing', error)
    throw error
  })
  try {
    const { size } = await file.stat()
    const length = await headerLength(file, size, path)
    await checkHash(file, size, path)
    const text = Buffer.alloc(length)
    await readAll(file, text, 12, path)
    const header = parseStatisticsHeader(text.toString('utf8'), size - 12 - length - HASH_BYTES, path)
    return await readArrays(file, header, 12 + length, path)
  } finally {
    await file.close()
  }
}

async function readArrays(file: FileHandle, header: Header, start: number, path: string): Promise<ModelStatistics> {
  let position = start
  const next = async (length: number): Promise<Float64Array> => {
    const array = new Float64Array(length)
    await readAll(file, new Uint8Array(array.buffer), position, path)
    position += array.byteLength
    return array
  }
  const [outputInput, tokenCounts] = [await next(header.model[0]), await next(header.model[1])]
  const layers: LayerStatistics[] = []
  for (const { numbers, lengths } of header.layers) {
    const arrays: Float64Array[] = []
    for (const length of lengths) arrays.push(await next(length))
    const named = <N extends string>(names: readonly N[], from: number) =>
      Object.fromEntries(names.map((name, i) => [name, arrays[from + i]])) as Record<N, Float64Array>
    const values = Object.fromEntries(LAYER_NUMBERS.map((name, i) => [name, numbers[i]])) as Record<(typeof LAYER_NUMBERS)[number], number>
    layers.push({ ...values, experts: named(EXPERT_ARRAYS, 0), ...named(DENSE_ARRAYS, EXPERT_ARRAYS.length) })
  }
  return { tokens: header.tokens, outputInput, tokenCounts, layers }
}
