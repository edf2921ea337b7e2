import { statfs } from 'node:fs/promises'
import { freemem, totalmem } from 'node:os'
import type { AppInfo } from '../contract/calls.ts'
import { DEMO_MODEL } from '../contract/resource-name.ts'
import { loadKernels } from '../kernels/load.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { findMissingParts } from './missing-parts.ts'

/** app.info: this program and this machine, as they are now. */
export async function appInfo({ store, host, version, portable }: ServiceDependencies): Promise<AppInfo> {
  const volume = await statfs(store.folders.root)
  const { kernels, missing } = loadKernels()
  return {
    version,
    host: host.kind,
    platform: `${process.platform}-${process.arch}`,
    dataFolder: store.folders.root,
    demoModelPath: DEMO_MODEL,
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
    freeDiskBytes: volume.bavail * volume.bsize,
    kernels: kernels.name,
    missing: [
      ...host.missing,
      ...(missing === null ? [] : [{ id: 'native-kernels' as const, details: { ...missing } }]),
      ...findMissingParts(),
    ],
    canPickFolder: host.pickFolder !== null,
    canReveal: host.reveal !== null,
    portable,
  }
}
