import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { isLockHeld, isStoreTrouble, takeLock, type Database } from './database.ts'

/** This process, as the owner of the runs it works on. */
export interface Owner {
  readonly id: string
  release(): void
}

/** Registers this process as an owner and takes its lock. */
export function becomeOwner(database: Database, lockFolder: string): Owner {
  const id = randomUUID()
  const lock = takeLock(lockPath(lockFolder, id))
  if (lock === null) throw new Error(`lock of a new owner ${id} is taken`)
  database.prepare('INSERT INTO owners (id, pid, started_at) VALUES (?, ?, ?)').run(id, process.pid, new Date().toISOString())
  return {
    id,
    release() {
      try {
        database.prepare('DELETE FROM owners WHERE id = ?').run(id)
      } catch (error) {
        // Full, read-only or held: a row whose lock nobody holds is removed by the next who looks.
        if (!isStoreTrouble(error)) throw error
      } finally {
        lock.release()
      }
    },
  }
}

/** Forgets owners whose process has ended; returns the ids still alive. */
export function livingOwners(database: Database, lockFolder: string, self: string): Set<string> {
  const ids = database
    .prepare<[], { id: string }>('SELECT id FROM owners')
    .all()
    .map((row) => row.id)
  const living = new Set<string>()
  for (const id of ids) {
    if (id === self || isLockHeld(lockPath(lockFolder, id))) living.add(id)
    else database.prepare('DELETE FROM owners WHERE id = ?').run(id)
  }
  return living
}

const lockPath = (folder: string, id: string): string => join(folder, `${id}.lock`)
