import { readdir } from 'node:fs/promises'
import type { HeaderReason } from '../../contract/error-details.ts'
import { ExpectedError } from '../../contract/errors.ts'
import type { Because } from '../../contract/reasons.ts'
import { confinedPath } from '../confined-path.ts'
import { readModelFile } from '../model-file.ts'
import { isJsonObject, JsonRefused, parseStrictJson } from '../strict-json.ts'
import { SAFETENSORS_LIMITS as LIMITS } from './limits.ts'

const SINGLE = 'model.safetensors'
const INDEX = 'model.safetensors.index.json'
const PICKLE = /\.(bin|pt|pth|pkl|ckpt)$/i

type Refuse = (because: Because<HeaderReason>) => ExpectedError

/** A shard's real path and the tensors the index expects in it; null where there is no index, so anything goes. */
export interface Shard {
  readonly name: string
  readonly path: string
  readonly expected: ReadonlySet<string> | null
}

/**
 * The files that hold a folder's weights: `model.safetensors`, or the shards its index names.
 * Throws ExpectedError 'folder-not-found', 'weights-missing', 'pickle-refused', 'header-invalid' (the index), 'shard-missing' or
 * 'shard-path-escapes'.
 */
export async function findShards(folder: string): Promise<Shard[]> {
  const names = await listFolder(folder)
  if (names.includes(SINGLE)) return [{ name: SINGLE, path: await shardPath(folder, SINGLE), expected: null }]
  if (names.includes(INDEX)) return shardsOfIndex(folder)
  const pickles = names.filter((name) => PICKLE.test(name))
  if (pickles.length > 0) throw new ExpectedError('pickle-refused', { folder, files: pickles.slice(0, 10) })
  throw new ExpectedError('weights-missing', { folder, wanted: [SINGLE, INDEX] })
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    throw new ExpectedError('folder-not-found', { folder }, { cause: error })
  }
}

async function shardsOfIndex(folder: string): Promise<Shard[]> {
  const byShard = new Map<string, Set<string>>()
  for (const [tensor, shard] of await readWeightMap(folder)) {
    const tensors = byShard.get(shard)
    if (tensors !== undefined) tensors.add(tensor)
    else byShard.set(shard, new Set([tensor]))
    if (byShard.size > LIMITS.shards) throw new ExpectedError('header-invalid', { path: INDEX, reason: 'shards-many', most: LIMITS.shards })
  }
  const shards: Shard[] = []
  for (const [name, expected] of byShard) {
    if (PICKLE.test(name)) throw new ExpectedError('pickle-refused', { folder, files: [name] })
    shards.push({ name, path: await shardPath(folder, name), expected })
  }
  return shards
}

async function shardPath(folder: string, shard: string): Promise<string> {
  const path = await confinedPath(folder, shard)
  if (path === null) throw new ExpectedError('shard-missing', { folder, shard })
  return path
}

/** The index's `weight_map` as [tensor, shard] pairs. */
async function readWeightMap(folder: string): Promise<[string, string][]> {
  const refuse: Refuse = (because) => new ExpectedError('header-invalid', { path: INDEX, ...because })
  const bytes = await readModelFile(folder, INDEX, LIMITS.indexBytes, refuse)
  if (bytes === null) throw new ExpectedError('shard-missing', { folder, shard: INDEX })
  const index = parseIndex(bytes, refuse)
  const map = isJsonObject(index) && Object.hasOwn(index, 'weight_map') ? index['weight_map'] : null
  if (!isJsonObject(map) || Object.keys(map).length === 0) throw refuse({ reason: 'no-weight-map' })
  return Object.entries(map).map(([tensor, shard]) => {
    if (typeof shard !== 'string') throw refuse({ reason: 'shard-no-name', tensor })
    return [tensor, shard]
  })
}

function parseIndex(bytes: Uint8Array, refuse: Refuse): unknown {
  try {
    return parseStrictJson(bytes, { depth: LIMITS.jsonDepth, values: 2 * LIMITS.tensors + LIMITS.metadataKeys })
  } catch (error) {
    if (error instanceof JsonRefused) throw refuse(error.because)
    throw error
  }
}
