import { openDatabase, toStoreError, type Database } from './database.ts'
import { openFolders, type Folders } from './folders.ts'
import { MIGRATIONS } from './migrations.ts'
import { becomeOwner, type Owner } from './owner.ts'
import { releaseDeadRuns } from './runs.ts'
import { openSettings, type SettingsFile } from './settings.ts'

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
 * @param warn told what is wrong with settings.json
 * @throws ExpectedError 'work-folder-not-writable'
 */
export function openStore(root: string, warn: (text: string) => void = () => {}): Store {
  const folders = openFolders(root)
  const database = openDatabase(folders.database, MIGRATIONS)
  try {
    const owner = becomeOwner(database, folders.owners)
    const store: Store = {
      database, folders, owner, settings: openSettings(folders.root, warn),
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
