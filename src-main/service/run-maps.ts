import { readExpertMaps } from '../calibration/expert-maps.ts'
import type { RunMaps } from '../contract/bundle.ts'
import { ExpectedError } from '../contract/errors.ts'
import { calibrationPath } from '../store/calibrations.ts'
import { isFileMissing } from '../store/file-missing.ts'
import { readBroughtMaps } from '../store/imported-runs.ts'
import { readRun } from '../store/runs.ts'
import type { Store } from '../store/store.ts'
import type { ServiceDependencies } from './dependencies.ts'

const UNKNOWN: RunMaps = { usage: null, saliency: null }

/**
 * run.maps: what a run's calibration measured of each expert; nothing where that calibration is gone. @throws ExpectedError 'run-not-found'
 */
export function runMaps({ store }: ServiceDependencies, { runId }: { runId: string }): Promise<RunMaps> {
  return mapsOf(store, runId)
}

/** The same for whoever has the store. */
export async function mapsOf(store: Store, runId: string): Promise<RunMaps> {
  const { calibrationFingerprint } = readRun(store, runId)
  const brought = readBroughtMaps(store, runId)
  if (brought !== null) return brought
  const path = calibrationFingerprint === null ? null : calibrationPath(store, calibrationFingerprint)
  if (path === null) return UNKNOWN
  try {
    return await readExpertMaps(path)
  } catch (error) {
    // Deleted or damaged: what is not known is not shown.
    if (isFileMissing(error) || error instanceof ExpectedError) return UNKNOWN
    throw error
  }
}
