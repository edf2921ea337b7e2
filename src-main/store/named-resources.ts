import { nameOf } from '../pipeline/resource-names.ts'
import type { Store } from './store.ts'

/** A field of a JSON column; nothing where the column cannot be read. */
const field = (column: string, name: string): string => `CASE WHEN json_valid(${column}) THEN ${column} ->> '$.${name}' END`

/** Where runs keep, as JSON, paths of what they read. */
const FIELDS = [
  ['recipe', 'modelPath'],
  ['recipe', 'corpusPath'],
  ['recipe', 'heldOutPath'],
  ['model', 'path'],
] as const

const KEPT = [
  'SELECT model_path AS path FROM runs',
  'SELECT model_path FROM calibrations',
  'SELECT path FROM recent_models',
  ...FIELDS.map(([column, name]) => `SELECT ${field(column, name)} FROM runs`),
].join(' UNION ')

/** Each puts a name in the place of a path. */
const REPLACEMENTS = [
  'UPDATE runs SET model_path = :name WHERE model_path = :path',
  'UPDATE calibrations SET model_path = :name WHERE model_path = :path',
  `INSERT INTO recent_models (path, name, used_at) SELECT :name, name, used_at FROM recent_models WHERE path = :path
    ON CONFLICT (path) DO UPDATE SET used_at = max(used_at, excluded.used_at)`,
  'DELETE FROM recent_models WHERE path = :path AND path <> :name',
  ...FIELDS.map(
    ([column, name]) => `UPDATE runs SET ${column} = json_set(${column}, '$.${name}', :name) WHERE ${field(column, name)} = :path`,
  ),
]

/**
 * Gives what comes with Whittle its name in rows that hold a path instead: older versions kept where it lay, which an update or an
 * AppImage's next start made wrong. Not a numbered migration: whether a path is still there shows only now, and may be otherwise at the
 * next start. Older versions can read the database as before.
 */
export function nameStoredResources({ database }: Store, resources: string): void {
  const kept = database.prepare<[], { path: string | null }>(KEPT).all()
  const renamed = kept.flatMap(({ path }) =>
    path === null || nameOf(path, resources) === path ? [] : [{ path, name: nameOf(path, resources) }],
  )
  if (renamed.length === 0) return
  database
    .transaction(() => {
      for (const change of renamed) for (const replace of REPLACEMENTS) database.prepare(replace).run(change)
    })
    .immediate()
}
