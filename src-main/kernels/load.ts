import type { KernelsMissing } from '../contract/error-details.ts'
import type { Kernels } from './kernels.ts'
import { builtAddonPath, loadNativeKernels } from './native.ts'
import { referenceKernels } from './reference.ts'

/**
 * The fastest kernels this machine has, and why they are not the native ones (null when they are).
 * WHITTLE_KERNELS=reference asks for the reference; WHITTLE_KERNELS_ADDON names an addon elsewhere.
 * @param addonPath where the addon is, for a packaged app that keeps it outside the source tree
 */
export function loadKernels(addonPath?: string): { kernels: Kernels; missing: KernelsMissing | null } {
  if (process.env['WHITTLE_KERNELS'] === 'reference') {
    return { kernels: referenceKernels, missing: { reason: 'kernels-not-wanted' } }
  }
  const loaded = loadNativeKernels(addonPath ?? process.env['WHITTLE_KERNELS_ADDON'] ?? builtAddonPath())
  if (loaded.kernels !== null) return { kernels: loaded.kernels, missing: null }
  const { kernels: _none, ...missing } = loaded
  return { kernels: referenceKernels, missing }
}
