import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import PQueue from 'p-queue'
import type { FoundModel } from '../contract/calls.ts'
import { ExpectedError, toErrorShape } from '../contract/errors.ts'
import { findShards } from '../formats/safetensors/shards.ts'
import { readConfig, readConfigJson } from '../model/read-config.ts'

/** A folder that may hold a model, and what it is called. */
export interface ModelPlace {
  readonly path: string
  readonly name: string
}

/** What config.json and the list of files say of each folder; those without a model's are left out. No weight file is opened. */
export async function inspectModels(places: readonly ModelPlace[]): Promise<FoundModel[]> {
  const queue = new PQueue({ concurrency: 8 })
  const found = await Promise.all(places.map((place) => queue.add(() => inspect(place))))
  return found.filter((model) => model !== null)
}

/** Null for a config.json that is not a model's. */
async function inspect({ path, name }: ModelPlace): Promise<FoundModel | null> {
  try {
    const { architecture } = await readConfig(path)
    const shards = await findShards(path)
    return { path, name, architecture: architecture.id, bytes: await sizeOf(shards.map((shard) => shard.path)), obstacle: null }
  } catch (error) {
    // What else goes wrong, such as a disk that fails, is this folder's trouble and not that of the others.
    const files = await weightFiles(path)
    const architecture = await declared(path)
    if (error instanceof ExpectedError && architecture === null && files.length === 0) return null
    return { path, name, architecture, bytes: await sizeOf(files), obstacle: toErrorShape(error) }
  }
}

/** The family a config.json names, known or not. */
async function declared(path: string): Promise<string | null> {
  const config = await readConfigJson(path).catch(() => null) // the obstacle says why
  const type = config?.['model_type']
  return typeof type === 'string' ? type : null
}

async function weightFiles(path: string): Promise<string[]> {
  const names = await readdir(path).catch(() => []) // the obstacle says why
  return names.filter((name) => /\.(safetensors|bin|pt|pth)$/i.test(name)).map((name) => join(path, name))
}

async function sizeOf(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map((file) => stat(file).catch(() => null))) // a link into nowhere has no bytes
  return sizes.reduce((sum, facts) => sum + (facts?.size ?? 0), 0)
}
