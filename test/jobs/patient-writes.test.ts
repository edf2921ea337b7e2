import Sqlite from 'better-sqlite3'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createPatientWrites } from '../../src-main/jobs/patient-writes.ts'
import { readRun } from '../../src-main/store/runs.ts'
import type { Store } from '../../src-main/store/store.ts'
import { recipe, temporaryStore } from '../store/example.ts'
import { fakeRunner } from './fake-runner.ts'

/** Another program that holds the database, as a backup or a virus scanner does. */
function holdDatabase(store: Store): () => void {
  const other = new Sqlite(store.folders.database)
  other.exec('BEGIN IMMEDIATE')
  const release = (): void => {
    if (other.open) other.close()
  }
  onTestFinished(release)
  return release
}

/** A volume that became read-only, as one with a fault does. */
function forbidWriting({ database }: Store): () => void {
  database.pragma('query_only = ON')
  return () => {
    database.pragma('query_only = OFF')
  }
}

/** A volume without room for one more page. */
function fillVolume({ database }: Store): () => void {
  database.pragma(`max_page_count = ${database.pragma('page_count', { simple: true })}`)
  return () => {
    database.pragma('max_page_count = 1073741823')
  }
}

/** A row and a way to ask for its numbers. */
function numbers(store: Store) {
  store.database.exec('CREATE TABLE numbers (n INTEGER)')
  return {
    add: (n: number) => () => {
      store.database.prepare('INSERT INTO numbers VALUES (?)').run(n)
    },
    all: () =>
      store.database
        .prepare<[], { n: number }>('SELECT n FROM numbers ORDER BY rowid')
        .all()
        .map(({ n }) => n),
  }
}

test('what the store refuses is written later, in its order, and that is said once', async () => {
  const store = temporaryStore()
  const { add, all } = numbers(store)
  const say = vi.fn()
  const writes = createPatientWrites(store, { say, againMs: 20 })
  const release = holdDatabase(store)
  for (const n of [1, 2, 3]) writes.write(add(n))
  await sleep(100)
  expect(all()).toEqual([])
  release()
  writes.write(add(4))
  await writes.settle()
  expect(all()).toEqual([1, 2, 3, 4])
  expect(say.mock.calls.filter(([level]) => level === 'warn')).toHaveLength(1)
  await vi.waitFor(() => expect(say).toHaveBeenLastCalledWith('info', { say: 'history-again' }))
})

test('a full volume is waited for as well', async () => {
  const store = temporaryStore()
  store.database.exec('CREATE TABLE texts (text TEXT)')
  const writes = createPatientWrites(store, { say: vi.fn(), againMs: 20 })
  const makeRoom = fillVolume(store)
  writes.write(() => {
    store.database.prepare('INSERT INTO texts VALUES (?)').run('x'.repeat(1e6))
  })
  await sleep(60)
  expect(store.database.prepare('SELECT count(*) AS n FROM texts').get()).toEqual({ n: 0 })
  makeRoom()
  await writes.settle()
  expect(store.database.prepare('SELECT length(text) AS n FROM texts').get()).toEqual({ n: 1e6 })
})

test("patience ends with the store's own words, and the lines are written all the same when it gives way", async () => {
  const store = temporaryStore()
  const { add, all } = numbers(store)
  const writes = createPatientWrites(store, { say: vi.fn(), againMs: 20, patienceMs: 100 })
  const release = holdDatabase(store)
  writes.write(add(1))
  await expect(writes.settle()).rejects.toMatchObject({
    code: 'work-folder-not-writable',
    details: { said: expect.stringContaining('SQLITE_BUSY') },
  })
  await expect(writes.perform(async () => add(2)())).rejects.toMatchObject({ code: 'work-folder-not-writable' })
  release()
  await vi.waitFor(() => expect(all()).toEqual([1]))
})

test("a bug is no trouble of the store's: it is thrown at once, or told where nobody waits", async () => {
  const store = temporaryStore()
  const say = vi.fn()
  const writes = createPatientWrites(store, { say, againMs: 20 })
  const broken = (): void => {
    store.database.prepare('INSERT INTO nowhere VALUES (1)').run()
  }
  expect(() => writes.write(broken)).toThrow('no such table')
  const { add, all } = numbers(store)
  const release = holdDatabase(store)
  writes.write(add(1))
  writes.write(broken)
  writes.write(add(2))
  release()
  await vi.waitFor(() => expect(all()).toEqual([1, 2]))
  expect(say).toHaveBeenCalledWith('error', { say: 'history-lost', said: 'no such table: nowhere' })
})

test.each([
  ['held by another program', holdDatabase],
  ['on a read-only volume', forbidWriting],
] as const)('a run whose store is %s for a while ends well, with every line', async (_, refuse) => {
  const fake = fakeRunner()
  const { id } = fake.runner.begin(recipe({ parameters: { layers: 20, layerMs: 50, calibrateSteps: 20 } }), null)
  await fake.heard((event) => event.kind === 'progress')
  const giveWay = refuse(fake.store)
  await sleep(2500)
  giveWay()
  await vi.waitFor(() => expect(readRun(fake.store, id).summary.state).toBe('done'), { timeout: 30_000 })
  expect(readRun(fake.store, id).journal.map(({ layer }) => layer)).toEqual([...Array(20).keys()])
  expect(fake.events).toContainEqual(
    expect.objectContaining({
      kind: 'log',
      level: 'warn',
      line: { say: 'history-waits', said: expect.stringMatching(/SQLITE|sqlite|locked|readonly|full/i) },
    }),
  )
})
