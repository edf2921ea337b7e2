import { existsSync } from 'node:fs'
import { resourcePlaceOf } from '../pipeline/resource-names.ts'
import type { Store } from './store.ts'

/** A checkpoint folder opened before, by its path or by the name of what comes with Whittle. */
export interface RecentModel {
  readonly path: string
  readonly name: string
  readonly usedAt: string
}

const KEPT = 12

/** Puts a model at the head of the list. */
export function rememberModel(store: Store, path: string, name: string): void {
  store.database.transaction(() => {
    store.database
      .prepare(
        `INSERT INTO recent_models (path, name, used_at) VALUES (?, ?, ?)
      ON CONFLICT (path) DO UPDATE SET name = excluded.name, used_at = excluded.used_at`,
      )
      .run(path, name, new Date().toISOString())
    store.database
      .prepare(`DELETE FROM recent_models WHERE path NOT IN (SELECT path FROM recent_models ORDER BY used_at DESC LIMIT ?)`)
      .run(KEPT)
  })()
}

/** Models opened before that are still there, last used first. @param resources the product's own files */
export function listRecentModels(store: Store, resources: string): RecentModel[] {
  return store.database
    .prepare<[], { path: string; name: string; used_at: string }>('SELECT path, name, used_at FROM recent_models ORDER BY used_at DESC')
    .all()
    .filter((row) => existsSync(resourcePlaceOf(row.path, resources)))
    .map((row) => ({ path: row.path, name: row.name, usedAt: row.used_at }))
}
