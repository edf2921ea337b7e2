import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isLockHeld, openDatabase, takeLock } from '../../src-main/store/database.ts'
import { MIGRATIONS } from '../../src-main/store/migrations.ts'
import { listRuns, readRun } from '../../src-main/store/runs.ts'
import { openStore } from '../../src-main/store/store.ts'
import { recipe, report, temporaryFolder, temporaryStore } from './example.ts'

test('a new database gets every migration, write-ahead logging and foreign keys', () => {
  const database = openDatabase(join(temporaryFolder(), 'a.db'), MIGRATIONS)
  expect(database.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length)
  expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
  expect(database.pragma('foreign_keys', { simple: true })).toBe(1)
  expect(database.pragma('busy_timeout', { simple: true })).toBe(1500)
  database.close()
})

test('an upgrade leaves a copy of the old database and keeps its rows', () => {
  const folder = temporaryFolder()
  const path = join(folder, 'a.db')
  const first = ['CREATE TABLE a (x INTEGER)']
  const old = openDatabase(path, first)
  old.exec('INSERT INTO a VALUES (7)')
  old.close()
  const upgraded = openDatabase(path, [...first, 'ALTER TABLE a ADD COLUMN y INTEGER'])
  expect(upgraded.prepare('SELECT x, y FROM a').all()).toEqual([{ x: 7, y: null }])
  upgraded.close()
  const backup = openDatabase(join(folder, 'a-v1.db'), first)
  expect(backup.prepare('SELECT * FROM a').all()).toEqual([{ x: 7 }])
  backup.close()
})

test('the copies of the last two upgrades are kept, and nothing else is touched', () => {
  const folder = temporaryFolder()
  const steps = Array.from({ length: 5 }, (_, i) => `CREATE TABLE t${i} (x INTEGER)`)
  for (const file of ['a-v1.db.txt', 'b-v1.db', 'a-vx.db']) writeFileSync(join(folder, file), '')
  for (let n = 1; n <= steps.length; n++) openDatabase(join(folder, 'a.db'), steps.slice(0, n)).close()
  expect(readdirSync(folder).sort()).toEqual(['a-v1.db.txt', 'a-v3.db', 'a-v4.db', 'a-vx.db', 'a.db', 'b-v1.db'])
})

test('a run of the first release is read with all that was added since', () => {
  const root = temporaryFolder()
  const verification = { engine: 'llama.cpp', perplexity: 11, expected: 10, agrees: false, sample: { prompt: '', continuation: '' } }
  const old = openDatabase(join(root, 'whittle.db'), MIGRATIONS.slice(0, 1))
  old
    .prepare(
      `INSERT INTO runs (id, created_at, updated_at, state, stage, model_name, model_path, method, recipe, report) VALUES ('r1', '2026-01-01', '2026-01-01', 'done', 'report', 'Tiny', '/m', 'measured-bits', ?, ?)`,
    )
    .run(JSON.stringify(recipe()), JSON.stringify({ ...report('/m.gguf'), verification }))
  old.close()
  expect(readRun(temporaryStore(root), 'r1')).toMatchObject({
    summary: { tags: [], note: '', starred: false, importedAt: null, verified: false },
    check: null,
    stopsAtPlan: true,
  })
  expect(readdirSync(root)).toContain('whittle-v1.db')
})

test('a step that fails changes nothing', () => {
  const path = join(temporaryFolder(), 'a.db')
  openDatabase(path, ['CREATE TABLE a (x INTEGER)']).close()
  expect(() => openDatabase(path, ['CREATE TABLE a (x INTEGER)', 'CREATE TABLE b (x INTEGER); NONSENSE'])).toThrow(
    /work-folder-not-writable/,
  )
  const database = openDatabase(path, ['CREATE TABLE a (x INTEGER)'])
  expect(database.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).all()).toEqual([{ name: 'a' }])
  database.close()
})

test('a database of a newer version and a file that is none are refused with the reason', () => {
  const path = join(temporaryFolder(), 'a.db')
  openDatabase(path, ['CREATE TABLE a (x INTEGER)', 'CREATE TABLE b (x INTEGER)']).close()
  expect(() => openDatabase(path, ['CREATE TABLE a (x INTEGER)'])).toThrow(/history-unreadable.*"why":"newer"/)
  const garbage = join(temporaryFolder(), 'b.db')
  writeFileSync(garbage, 'this is a letter, not a database'.repeat(100))
  expect(() => openDatabase(garbage, MIGRATIONS)).toThrow(/history-unreadable.*"why":"damaged"/)
})

test('bits turned in the middle of a database show when it is opened, not at some call', () => {
  const path = join(temporaryFolder(), 'a.db')
  const database = openDatabase(path, ['CREATE TABLE a (x TEXT)'])
  for (let row = 0; row < 200; row++) database.prepare('INSERT INTO a VALUES (?)').run('x'.repeat(500))
  database.close()
  const bytes = readFileSync(path)
  bytes.fill(0x5a, 4096 * 5, 4096 * 6)
  writeFileSync(path, bytes)
  expect(() => openDatabase(path, ['CREATE TABLE a (x TEXT)'])).toThrow(/history-unreadable/)
})

test.each(['damaged', 'newer'])('a %s history is kept aside, named, and an empty one begins when that is wanted', (why) => {
  const folder = temporaryFolder()
  const path = join(folder, 'whittle.db')
  const sound = openStore(folder)
  if (why === 'newer') sound.database.pragma('user_version = 10000')
  sound.close()
  if (why === 'damaged') writeFileSync(path, 'no database'.repeat(1000))
  const before = readFileSync(path)
  const aside = join(folder, `whittle-${why}.db`)
  expect(() => openStore(folder)).toThrow(JSON.stringify(aside))
  expect(readFileSync(path).equals(before)).toBe(true)
  const told: string[] = []
  const store = openStore(folder, (text) => told.push(text), true)
  expect(listRuns(store)).toEqual([])
  store.close()
  expect(told).toEqual([expect.stringContaining(aside)])
  expect(readFileSync(aside).equals(before)).toBe(true)
  openStore(folder, undefined, true).close() // a sound one stays
  expect(existsSync(join(folder, `whittle-${why}-2.db`))).toBe(false)
})

test('a store that cannot be written to any more closes all the same', () => {
  const folder = temporaryFolder()
  const store = openStore(folder)
  store.database.pragma('query_only = ON')
  store.close()
  const next = openStore(folder)
  expect(next.database.prepare('SELECT count(*) AS n FROM owners').get()).toBeDefined()
  next.close()
})

test('a lock is held until released, and its file goes with it', () => {
  const path = join(temporaryFolder(), 'a.lock')
  const lock = takeLock(path)
  expect(takeLock(path)).toBeNull()
  expect(isLockHeld(path)).toBe(true)
  lock?.release()
  expect(isLockHeld(path)).toBe(false)
  expect(existsSync(path)).toBe(false)
})
