import type { AppInfo, DeviceProfile } from '../contract/calls.ts'
import type * as z from 'zod'
import type { MissingPart } from '../contract/calls.ts'
import type { Runner } from '../jobs/runner.ts'
import type { Store } from '../store/store.ts'

/** What only a host can do. A null function is something this host cannot. */
export interface HostAbilities {
  readonly kind: AppInfo['host']
  /** Parts this host lacks, e.g. Electron. */
  readonly missing: readonly z.infer<typeof MissingPart>[]
  /** Asks the user for a folder; null when cancelled. */
  readonly pickFolder: (() => Promise<string | null>) | null
  /** Shows a file in the system's file manager. */
  readonly reveal: ((path: string) => Promise<void>) | null
}

/** What the service works with. */
export interface ServiceDependencies {
  readonly store: Store
  readonly runner: Runner
  readonly host: HostAbilities
  readonly version: string
  /** Folder of the product's own files: the demo model, texts. */
  readonly resources: string
  /** Finds out, in a process of its own, what this machine can compute on. */
  readonly probeDevices: () => Promise<DeviceProfile[]>
}
