import { readdir, realpath, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import PQueue from 'p-queue'
import type { FoundModel } from '../contract/calls.ts'
import { ExpectedError, toErrorShape } from '../contract/errors.ts'
import { findShards } from '../formats/safetensors/shards.ts'
import { readConfig, readConfigJson } from '../model/read-config.ts'
import { nameAll, placeOf } from '../pipeline/resource-names.ts'
import { listRecentModels } from '../store/recent-models.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { hubFolder, lookForModels, lookInHub, type Candidate } from './look-for-models.ts'

/** More than anybody reads through. */
const MAX_MODELS = 500

/** model.find: models opened before, those in the folders of the settings, and those in Hugging Face's cache, each once. No weight file is opened. */
export async function modelFind({ store, settings, resources }: ServiceDependencies): Promise<FoundModel[]> {
  const places = [
    listRecentModels(store, resources).map(({ path, name }): Candidate => ({ path: placeOf(path, resources), name })),
    await lookInHub(hubFolder(process.env, homedir())),
    await lookForModels(settings.read().modelFolders),
  ].flat()
  const candidates = (await eachOnce(places)).slice(0, MAX_MODELS)
  const queue = new PQueue({ concurrency: 8 })
  const found = await Promise.all(candidates.map((candidate) => queue.add(() => inspect(candidate))))
  return nameAll(found.filter((model) => model !== null), resources)
}

/** One of the ways to each folder, the first. */
async function eachOnce(candidates: readonly Candidate[]): Promise<Candidate[]> {
  const byPlace = new Map<string, Candidate>()
  for (const candidate of candidates) {
    const place = await realpath(candidate.path).catch(() => null) // gone since it was listed
    if (place !== null && !byPlace.has(place)) byPlace.set(place, candidate)
  }
  return [...byPlace.values()]
}

/** What config.json and the list of files say; null for a config.json that is not a model's. */
async function inspect({ path, name }: Candidate): Promise<FoundModel | null> {
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
