import { realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import type { FoundModel } from '../contract/calls.ts'
import type { Planning } from '../pipeline/planning-threads.ts'
import { resourcePlaceOf } from '../pipeline/resource-names.ts'
import { listRecentModels } from '../store/recent-models.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { hubFolder, lookForModels, lookInHub, type FoundFolder } from './look-for-models.ts'
import { foldersOf } from './one-job.ts'

/** More than anybody reads through. */
const MAX_MODELS = 500

/**
 * model.find: models opened before, those in the folders of the settings, and those in Hugging Face's cache, each once. No weight file is
 * opened.
 */
export async function modelFind(dependencies: ServiceDependencies, _: unknown, planning: Planning): Promise<FoundModel[]> {
  const { store, settings, resources } = dependencies
  const places = [
    listRecentModels(store, resources).map(({ path, name }): FoundFolder => ({ path: resourcePlaceOf(path, resources), name })),
    await lookInHub(hubFolder(process.env, homedir())),
    await lookForModels(settings.read().modelFolders),
  ].flat()
  return planning.ask('find', (await eachOnce(places)).slice(0, MAX_MODELS), foldersOf(dependencies))
}

/** One of the ways to each folder, the first. */
async function eachOnce(candidates: readonly FoundFolder[]): Promise<FoundFolder[]> {
  const byPlace = new Map<string, FoundFolder>()
  for (const candidate of candidates) {
    const place = await realpath(candidate.path).catch(() => null) // gone since it was listed
    if (place !== null && !byPlace.has(place)) byPlace.set(place, candidate)
  }
  return [...byPlace.values()]
}
