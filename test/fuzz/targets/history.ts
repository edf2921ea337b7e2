// The history's database with turned bits, cut or mixed pages, another version or odd values in its columns: opened and read as the app
// does.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { CALLS } from '../../../src-main/contract/calls.ts'
import { Recipe } from '../../../src-main/contract/recipe.ts'
import { bundleImport } from '../../../src-main/service/bundle-import.ts'
import { appendJournal } from '../../../src-main/store/journal.ts'
import { rememberModel } from '../../../src-main/store/recent-models.ts'
import { createRun, setState } from '../../../src-main/store/runs.ts'
import type { Chance } from '../chance.ts'
import { exampleBundle } from '../example-bundle.ts'
import { exampleRecipe } from '../example-calls.ts'
import { openIdleWorkplace } from '../idle-workplace.ts'
import { textOf, utf8 } from '../input.ts'
import { NAMES } from '../mutate-json.ts'
import type { OpenTarget } from '../target.ts'

/** One thing done to the sound database: an input is a list of them, for the whole file would be long. */
type Edit =
  | { readonly kind: 'bit'; readonly at: number; readonly bit: number }
  | { readonly kind: 'byte'; readonly at: number; readonly value: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'page'; readonly from: number; readonly to: number }
  | { readonly kind: 'log'; readonly from: number }
  | { readonly kind: 'version'; readonly version: number }
  | { readonly kind: 'text'; readonly from: string; readonly to: string }
  | { readonly kind: 'column'; readonly table: string; readonly column: string; readonly value: string | number | null }

const PAGE = 4096
const COLUMNS: readonly (readonly [table: string, ...columns: string[]])[] = [
  ['runs', 'recipe', 'plan', 'report', 'tags', 'gauges', 'checked', 'error', 'state', 'stage', 'model', 'starred', 'created_at'],
  [
    'runs',
    'maps',
    'budget_bytes',
    'note',
    'owner_id',
    'id',
    'calibration',
    'verified',
    'method',
    'out_path',
    'kl_divergence',
    'imported_at',
  ],
  ['journal', 'run_id', 'position', 'layer', 'finished_at', 'bytes', 'sha256', 'seconds'],
  ['recent_models', 'path', 'name', 'used_at'],
]
const TEXTS = ['updated_at', 'CREATE TABLE', 'journal', 'recent_models', 'TEXT', 'NOT NULL', 'owner_id', 'SQLite format', 'measured-bits']
const VALUES = [
  '{',
  '[]',
  '{}',
  'null',
  '',
  '"x"',
  '1e400',
  '[1]',
  '{"__proto__":{}}',
  'running',
  'x'.repeat(100_000),
  null,
  1e300,
  -1,
  2 ** 53,
  ...NAMES,
]

async function makeSound(folder: string): Promise<Buffer> {
  const { dependencies, close } = openIdleWorkplace(folder)
  const { store } = dependencies
  bundleImport(dependencies, { bundle: exampleBundle() })
  rememberModel(store, '/models/m', 'm')
  for (let i = 0; i < 3; i++) {
    const id = createRun(store, Recipe.parse(exampleRecipe('/models/m')))
    appendJournal(store, id, { layer: null, finishedAt: '2026-01-01T00:00:00.000Z', bytes: 1, sha256: 'a', seconds: 1 })
    setState(store, id, 'failed', { code: 'disk-full', message: 'x', details: {} })
  }
  await close()
  return readFileSync(join(folder, 'whittle.db'))
}

function editOf(chance: Chance, bytes: number): Edit {
  const pages = Math.floor(bytes / PAGE)
  const column = (): Edit => {
    const [table, ...columns] = chance.pick(COLUMNS)
    return { kind: 'column', table, column: chance.pick(columns), value: chance.pick(VALUES) }
  }
  return chance.pick<() => Edit>([
    column,
    column,
    () => ({ kind: 'text', from: chance.pick(TEXTS), to: chance.pick(['x', '\0', '"', 'updated_by', 'CREATE VIEW ']) }),
    () => ({ kind: 'bit', at: chance.below(bytes), bit: chance.below(8) }),
    () => ({ kind: 'bit', at: chance.below(pages) * PAGE + chance.below(100), bit: chance.below(8) }),
    () => ({ kind: 'byte', at: chance.below(bytes), value: chance.pick([0, 1, 0x7f, 0x80, 0xff]) }),
    () => ({ kind: 'cut', at: chance.below(bytes) }),
    () => ({ kind: 'page', from: chance.below(pages) * PAGE, to: chance.below(pages) * PAGE }),
    () => ({ kind: 'log', from: chance.below(bytes) }),
    () => ({ kind: 'version', version: chance.pick([0, 1, 2, 5, 99, -1, 2147483647]) }),
  ])()
}

/** The database as the edits leave it, in a file. */
function writeEdited(file: string, sound: Buffer, edits: readonly Edit[]): void {
  let bytes: Buffer = Buffer.from(sound)
  for (const edit of edits) {
    if (edit.kind === 'cut') bytes = bytes.subarray(0, edit.at)
    if (edit.kind === 'page' && Math.max(edit.from, edit.to) < bytes.length) bytes.copy(bytes, edit.to, edit.from, edit.from + PAGE)
    if (edit.kind === 'bit' && edit.at < bytes.length) bytes.writeUInt8((bytes[edit.at] ?? 0) ^ (1 << edit.bit), edit.at)
    if (edit.kind === 'byte' && edit.at < bytes.length) bytes.writeUInt8(edit.value, edit.at)
    if (edit.kind === 'text' && bytes.includes(edit.from)) bytes.write(edit.to, bytes.indexOf(edit.from))
    if (edit.kind === 'log') writeFileSync(`${file}-wal`, sound.subarray(edit.from))
  }
  writeFileSync(file, bytes)
  for (const edit of edits) if (edit.kind === 'version' || edit.kind === 'column') writeValue(file, edit)
}

function writeValue(file: string, edit: Extract<Edit, { kind: 'version' | 'column' }>): void {
  const database = new Sqlite(file)
  try {
    if (edit.kind === 'version') database.pragma(`user_version = ${edit.version}`)
    else
      database.prepare(`UPDATE ${edit.table} SET ${edit.column} = ?${edit.table === 'journal' ? '' : ' WHERE rowid = 1'}`).run(edit.value)
  } catch {
    // a constraint held, or other edits have made it no database
  } finally {
    database.close()
  }
}

export const openTarget: OpenTarget = async (place) => {
  const sound = await makeSound(join(place, 'sound'))
  const work = join(place, 'work')
  return {
    make: (chance) => ({
      edits: utf8(JSON.stringify(Array.from({ length: chance.pick([1, 1, 2, 20]) }, () => editOf(chance, sound.length)))),
    }),
    async run(input) {
      rmSync(work, { recursive: true, force: true })
      mkdirSync(work)
      writeEdited(join(work, 'whittle.db'), sound, JSON.parse(textOf(input, 'edits')) as Edit[])
      const { service, close } = openIdleWorkplace(work)
      try {
        const runs = CALLS['run.list'].output.parse(await service.call('run.list', {}))
        for (const { id: runId, damaged } of runs)
          if (damaged !== true) CALLS['run.get'].output.parse(await service.call('run.get', { runId }))
        await service.call('model.recent', {})
        await service.call('calibration.list', {})
      } finally {
        await close()
      }
    },
  }
}
