import type { Kernels } from './kernels.ts'
import { referenceKernels } from './reference.ts'

/** The fastest kernels this machine has, and why they are not the native ones (null when they are). */
export function loadKernels(): { kernels: Kernels; missing: string | null } {
  return { kernels: referenceKernels, missing: 'the native kernels are not built' }
}
