import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import * as z from 'zod'
import type { Call } from '../contract/calls.ts'
import { ExpectedError } from '../contract/errors.ts'
import { executeProbe } from '../jobs/execute.ts'
import type { SpawnEngine } from '../jobs/messages.ts'
import { createRunner } from '../jobs/runner.ts'
import type { HostAbilities, ServiceDependencies } from '../service/dependencies.ts'
import { createService, type Caller, type Service } from '../service/service.ts'
import { toStoreError } from '../store/database.ts'
import { defaultDataFolder } from '../store/folders.ts'
import { nameStoredResources } from '../store/named-resources.ts'
import { openStore, type Store } from '../store/store.ts'
import { openLog } from './log-file.ts'
import { createCardGauge } from './card-gauge.ts'
import { createMachineFacts } from './machine-facts.ts'
import { portableDataFolder } from './portable.ts'

/** Time that calls at work get to end before the store closes: they end by themselves once runs and engines have stopped. */
const LAST_CALLS_MS = 2000

/** The folder package.json lies in, for hosts that run from the source tree. */
export const SOURCE_ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Everything a host works with; closed in `finally`. */
export interface Workplace {
  readonly service: Service
  readonly dependencies: ServiceDependencies
  /** Refuses further calls, stops what is running ('interrupted'; what was paused stays so) and closes the store. */
  close(): Promise<void>
}

export interface WorkplaceOptions {
  readonly host: HostAbilities
  readonly spawn: SpawnEngine
  /** Folder of package.json and resources/. */
  readonly root: string
  /** Where the store lies; null = beside the program where it is portable, else the platform's data folder. */
  readonly work: string | null
  /** Whether a history that cannot be read is kept aside and an empty one begun. */
  readonly freshHistory?: boolean
  /** Folder the program itself lies in, as its user sees it: where the portable mark is looked for. Left out = `root`. */
  readonly programFolder?: string
}

/** Opens store, runner and service for a host. @throws ExpectedError 'work-folder-not-writable', 'history-unreadable' */
export function openWorkplace({ host, spawn, root, work, freshHistory = false, programFolder = root }: WorkplaceOptions): Workplace {
  const beside = work === null ? portableDataFolder(programFolder) : null
  const data = resolve(work ?? beside ?? defaultDataFolder())
  const log = (text: string): void => openLog(join(data, 'logs'))(text)
  const store = openStore(data, log, freshHistory)
  const resources = join(root, 'resources')
  nameResources(store, resources)
  const runner = createRunner(store, spawn, resources, { sampleCard: createCardGauge() })
  const dependencies: ServiceDependencies = {
    store,
    runner,
    host,
    settings: store.settings,
    resources,
    version: readVersion(root),
    portable: beside !== null,
    probeDevices: () => executeProbe(spawn),
    machineFacts: createMachineFacts(log),
  }
  const gate = openGate(createService(dependencies))
  const shut = async (): Promise<void> => {
    const settled = gate.close()
    await runner.close()
    await settled
    gate.service.close()
    store.close()
  }
  let closed: Promise<void> | null = null
  return { service: gate.service, dependencies, close: () => (closed ??= shut()) }
}

/** An old database may be damaged where nothing has looked so far. */
function nameResources(store: Store, resources: string): void {
  try {
    nameStoredResources(store, resources)
  } catch (error) {
    try {
      store.close()
    } catch {
      // it cannot be written to either: what was wrong first is told
    }
    throw toStoreError(error, store.folders.database)
  }
}

/**
 * A door for calls that can be closed: what comes later is refused with 'app-closing', what is at work may end before the store is closed
 * under it.
 */
function openGate(service: Service): { readonly service: Service; close(): Promise<void> } {
  const atWork = new Set<Promise<unknown>>()
  let closed = false
  const guarded =
    (call: Call): Call =>
    (name, input) => {
      if (closed) return Promise.reject(new ExpectedError('app-closing'))
      const work = call(name, input)
      const done = work
        .catch(() => {})
        .then(() => {
          atWork.delete(done)
        }) // whoever called hears of a failure
      atWork.add(done)
      return work
    }
  const connect = (): Caller => {
    const caller = service.connect()
    return { ...caller, call: guarded(caller.call) }
  }
  return {
    service: { ...service, call: guarded(service.call), connect },
    async close() {
      closed = true
      await Promise.race([Promise.all(atWork), delay(LAST_CALLS_MS, undefined, { ref: false })])
    },
  }
}

/** This program's version, from package.json under `root`. */
export function readVersion(root: string): string {
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))).version
}
