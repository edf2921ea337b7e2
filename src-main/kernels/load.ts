import type { Kernels } from './kernels.ts'
import { builtAddonPath, loadNativeKernels } from './native.ts'
import { referenceKernels } from './reference.ts'

/**
 * The fastest kernels this machine has, and why they are not the native ones (null when they are).
 * WHITTLE_KERNELS=reference asks for the reference; WHITTLE_KERNELS_ADDON names an addon elsewhere.
 * @param addonPath where the addon is, for a packaged app that keeps it outside the source tree
 */
export function loadKernels(addonPath?: string): { kernels: Kernels; missing: string | null } {
  if (process.env['WHITTLE_KERNELS'] === 'reference') {
    return { kernels: referenceKernels, missing: 'WHITTLE_KERNELS=reference asks for the TypeScript kernels' }
  }
  const { kernels, reason } = loadNativeKernels(addonPath ?? process.env['WHITTLE_KERNELS_ADDON'] ?? builtAddonPath())
  return kernels === null ? { kernels: referenceKernels, missing: reason } : { kernels, missing: null }
}
