import type { AppInfo, CallInput, DeviceProfile, UpdateState } from '../contract/calls.ts'
import type * as z from 'zod'
import type { MissingPart } from '../contract/calls.ts'
import type { MachineInfo } from '../contract/machine.ts'
import type { Runner } from '../jobs/runner.ts'
import type { SettingsFile } from '../store/settings.ts'
import type { Store } from '../store/store.ts'

/** What only a host can do. A function that is null or left out is something this host cannot. */
export interface HostAbilities {
  readonly kind: AppInfo['host']
  /** Parts this host lacks, e.g. Electron. */
  readonly missing: readonly z.infer<typeof MissingPart>[]
  /** Asks the user for a folder; null when cancelled. */
  readonly pickFolder: (() => Promise<string | null>) | null
  /** Shows a file in the system's file manager. */
  readonly reveal: ((path: string) => Promise<void>) | null
  /** Asks the user for a file of a kind; null when cancelled. */
  readonly pickFile?: ((purpose: FilePurpose) => Promise<string | null>) | null
  /** Shows what is in a folder in the system's file manager. */
  readonly openFolder?: ((path: string) => Promise<void>) | null
  /** Replaces the program by a newer one. */
  readonly updates?: HostUpdates | null
}

/** How a host looks for newer versions of itself. */
export interface HostUpdates {
  check(): Promise<UpdateState>
  install(): Promise<UpdateState>
}

/** What a file is asked for. */
export type FilePurpose = CallInput<'host.pickFile'>['purpose']

/** What the service works with. */
export interface ServiceDependencies {
  readonly store: Store
  readonly runner: Runner
  readonly host: HostAbilities
  /** What people set once for all runs. */
  readonly settings: SettingsFile
  readonly version: string
  /** Whether the data folder lies beside the program. */
  readonly portable: boolean
  /** Folder of the product's own files: the demo model, texts. */
  readonly resources: string
  /** Finds out, in a process of its own, what this machine can compute on. */
  readonly probeDevices: () => Promise<DeviceProfile[]>
  /** What the system tells of this computer; parts it does not tell are left out. */
  readonly machineFacts: () => Promise<MachineInfo>
}
