import { rm } from 'node:fs/promises'
import { ExpectedError } from '../contract/errors.ts'
import { calibrationPath, forgetCalibration } from '../store/calibrations.ts'
import { filesOfCalibration, runsAtWorkOn } from '../store/kept-calibrations.ts'
import type { ServiceDependencies } from './dependencies.ts'

/**
 * calibration.delete: removes a kept calibration with what was measured on top of it. Its runs remain; going on with one measures again.
 * @throws ExpectedError 'run-busy' while a run at work uses it
 */
export async function calibrationDelete(
  { store }: ServiceDependencies,
  { fingerprint }: { fingerprint: string },
): Promise<{ freedBytes: number }> {
  const path = calibrationPath(store, fingerprint)
  if (path === null) return { freedBytes: 0 }
  const [runId] = runsAtWorkOn(store, fingerprint)
  if (runId !== undefined) throw new ExpectedError('run-busy', { runId, path })
  const files = await filesOfCalibration(path)
  for (const file of files) await rm(file.path, { force: true })
  forgetCalibration(store, fingerprint)
  return { freedBytes: files.reduce((sum, file) => sum + file.bytes, 0) }
}
