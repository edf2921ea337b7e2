import { homedir } from 'node:os'
import { dirname } from 'node:path'
import type { Bundle } from '../contract/bundle.ts'
import { RunDetail } from '../contract/run.ts'
import { readRun } from '../store/runs.ts'
import { toBaseNames } from './base-names.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { mapsOf } from './run-maps.ts'

/** bundle.export: runs as one value to keep or send. No path of this machine is in it. @throws ExpectedError 'run-not-found' */
export async function bundleExport(dependencies: ServiceDependencies, { runIds }: { runIds: readonly string[] }): Promise<Bundle> {
  const { store, version } = dependencies
  const runs: Bundle['runs'] = []
  for (const runId of new Set(runIds)) runs.push({ detail: withoutPaths(dependencies, runId), maps: await mapsOf(store, runId) })
  return { whittleBundle: 1, exportedAt: new Date().toISOString(), version, runs }
}

function withoutPaths({ store, resources, settings }: ServiceDependencies, runId: string): RunDetail {
  const detail = RunDetail.parse(readRun(store, runId))
  const { modelFolders, outputFolder, calibrationFolder } = settings.read()
  const { modelPath, corpusPath, heldOutPath, outPath } = detail.recipe
  const folders = [homedir(), store.folders.root, resources, ...modelFolders, outputFolder, calibrationFolder]
  const files = [modelPath, corpusPath, heldOutPath, outPath, detail.summary.outPath].filter((path) => path !== null)
  const reduced = toBaseNames(
    detail,
    [...folders, ...files, ...files.map((path) => dirname(path))].filter((path) => path !== null),
  )
  return { ...reduced, summary: { ...reduced.summary, outExists: false } }
}
