import { ExpectedError } from '../contract/errors.ts'
import { openDatabase, toStoreError, type Database } from './database.ts'
import { openFolders, type Folders } from './folders.ts'
import { MIGRATIONS } from './migrations.ts'
import { becomeOwner, type Owner } from './owner.ts'
import { releaseDeadRuns } from './runs.ts'
import { openSettings, type SettingsFile } from './settings.ts'
import { putAside } from './unreadable-history.ts'

/** Everything Whittle remembers. Opened once per process, closed in `finally`. */
export interface Store {
  readonly database: Database
  /** Whittle's own folders. Jobs write where {@link writableFolders} says: the settings may name others. */
  readonly folders: Folders
  readonly settings: SettingsFile
  readonly owner: Owner
  close(): void
}

/**
 * Opens the store under `root`; runs that a dead process left at work become 'interrupted'.
 * @param warn told what is wrong with settings.json, and what became of a history that cannot be read
 * @param freshHistory whether such a history is kept aside and an empty one begun
 * @throws ExpectedError 'work-folder-not-writable'; 'history-unreadable' unless `freshHistory`
 */
export function openStore(root: string, warn: (text: string) => void = () => {}, freshHistory = false): Store {
  const folders = openFolders(root)
  const database = openHistory(folders.database, freshHistory, warn)
  try {
    const owner = becomeOwner(database, folders.owners)
    const store: Store = {
      database,
      folders,
      owner,
      settings: openSettings(folders.root, warn),
      close() {
        try {
          owner.release()
        } finally {
          database.close()
        }
      },
    }
    releaseDeadRuns(store)
    return store
  } catch (error) {
    database.close()
    throw toStoreError(error, folders.database)
  }
}

function openHistory(path: string, fresh: boolean, warn: (text: string) => void): Database {
  try {
    return openDatabase(path, MIGRATIONS)
  } catch (error) {
    if (!fresh || !(error instanceof ExpectedError) || error.code !== 'history-unreadable') throw error
    const why = error.details['why'] === 'newer' ? 'newer' : 'damaged'
    warn(`the history at ${path} is ${why}: it is kept as ${putAside(path, why)}, and an empty one begins`)
    return openDatabase(path, MIGRATIONS)
  }
}
