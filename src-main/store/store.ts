import { openDatabase, type Database } from './database.ts'
import { openFolders, type Folders } from './folders.ts'
import { MIGRATIONS } from './migrations.ts'
import { becomeOwner, type Owner } from './owner.ts'
import { releaseDeadRuns } from './runs.ts'

/** Everything Whittle remembers. Opened once per process, closed in `finally`. */
export interface Store {
  readonly database: Database
  readonly folders: Folders
  readonly owner: Owner
  close(): void
}

/**
 * Opens the store under `root`; runs that a dead process left at work become 'interrupted'.
 * @throws ExpectedError 'work-folder-not-writable'
 */
export function openStore(root: string): Store {
  const folders = openFolders(root)
  const database = openDatabase(folders.database, MIGRATIONS)
  const owner = becomeOwner(database, folders.owners)
  const store: Store = {
    database, folders, owner,
    close: () => {
      owner.release()
      database.close()
    },
  }
  releaseDeadRuns(store)
  return store
}
