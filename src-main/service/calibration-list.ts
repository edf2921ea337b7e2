import type { KeptCalibration } from '../contract/calls.ts'
import { listCalibrations } from '../store/kept-calibrations.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** calibration.list: what was measured and kept for later runs. */
export function calibrationList({ store }: ServiceDependencies): Promise<KeptCalibration[]> {
  return listCalibrations(store)
}
