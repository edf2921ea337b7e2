import { ExpectedError } from '../contract/errors.ts'
import { JournalRow } from '../contract/run.ts'
import type { Store } from './store.ts'

interface Row {
  layer: number | null
  finished_at: string
  bytes: number
  sha256: string
  seconds: number
}

/**
 * Writes down that a layer's bytes are on disk. The row is on disk itself when this returns. A layer that comes again was
 * written again: its old row and all after it are worth nothing and go.
 */
export function appendJournal(store: Store, runId: string, row: JournalRow): void {
  store.database.transaction(() => {
    store.database
      .prepare(
        `DELETE FROM journal WHERE run_id = @run AND position >=
      (SELECT position FROM journal WHERE run_id = @run AND layer IS @layer)`,
      )
      .run({ run: runId, layer: row.layer })
    store.database
      .prepare(
        `INSERT INTO journal (run_id, position, layer, finished_at, bytes, sha256, seconds) VALUES
      (@run, (SELECT coalesce(max(position) + 1, 0) FROM journal WHERE run_id = @run), @layer, @finishedAt, @bytes, @sha256, @seconds)`,
      )
      .run({ run: runId, ...row })
  })()
}

/** Finished layers of a run, in the order written. @throws ExpectedError 'run-damaged' {runId, part} */
export function readJournal(store: Store, runId: string): JournalRow[] {
  return store.database
    .prepare<[string], Row>('SELECT layer, finished_at, bytes, sha256, seconds FROM journal WHERE run_id = ? ORDER BY position')
    .all(runId)
    .map((row) => {
      const { layer, finished_at: finishedAt, bytes, sha256, seconds } = row
      const read = JournalRow.safeParse({ layer, finishedAt, bytes, sha256, seconds })
      if (!read.success) throw new ExpectedError('run-damaged', { runId, part: 'journal' }, { cause: read.error })
      return read.data
    })
}

/** Forgets a run's finished layers, when a new plan makes them worthless. */
export function clearJournal(store: Store, runId: string): void {
  store.database.prepare('DELETE FROM journal WHERE run_id = ?').run(runId)
}
