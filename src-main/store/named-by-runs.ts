import type { Store } from './store.ts'

/** What a path may be to a run. */
export type PathUse = 'text' | 'output'

/** A field of a run's recipe; damaged rows have none. */
const field = (name: string): string => `CASE WHEN json_valid(recipe) THEN json_extract(recipe, '$.${name}') END`

const NAMED: Readonly<Record<PathUse, string>> = {
  text: `${field('corpusPath')}, ${field('heldOutPath')}`,
  output: `${field('outPath')}, out_path`,
}

/** Whether a run made on this machine names this very path for that use. What came in with a bundle names nothing here. */
export function isNamedByRun(store: Store, path: string, use: PathUse): boolean {
  return store.database.prepare(`SELECT 1 FROM runs WHERE imported_at IS NULL AND ? IN (${NAMED[use]}) LIMIT 1`).get(path) !== undefined
}
