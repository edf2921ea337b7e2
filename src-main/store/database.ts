import Sqlite from 'better-sqlite3'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join, parse } from 'node:path'
import { ExpectedError } from '../contract/errors.ts'
import { historyUnreadable } from './unreadable-history.ts'

/** An open SQLite connection. */
export type Database = Sqlite.Database

/** How long a statement waits for another program that holds the database: the process that waits does nothing else. */
const BUSY_TIMEOUT_MS = 1500

/** Copies of the database from before a change of its schema. */
const KEPT_COPIES = 2

/**
 * Opens the database at `path`, made new where there is none, and brings it to the newest of `migrations`. Before an existing
 * one is changed, a copy of it is left beside it as `<name>-v<version>.db`; the last two copies are kept.
 * @throws ExpectedError 'history-unreadable' {path, why, aside} for a file that is damaged or made by a newer Whittle,
 * 'work-folder-not-writable' with `reason` for one that is locked away
 */
export function openDatabase(path: string, migrations: readonly string[]): Database {
  let database: Database | undefined
  try {
    database = new Sqlite(path, { timeout: BUSY_TIMEOUT_MS })
    database.pragma('journal_mode = WAL')
    checkPages(database, path)
    database.pragma('synchronous = FULL')
    database.pragma('foreign_keys = ON')
    migrate(database, path, migrations)
    return database
  } catch (error) {
    database?.close()
    if (error instanceof Sqlite.SqliteError && DAMAGED.test(error.code))
      throw historyUnreadable(path, 'damaged', error.message, { cause: error })
    throw error instanceof Sqlite.SqliteError ? refusal(error, path) : error
  }
}

/** Damage in the middle of a file would show at some call, much later. */
function checkPages(database: Database, path: string): void {
  const found = String(database.pragma('quick_check(1)', { simple: true }))
  if (found !== 'ok') throw historyUnreadable(path, 'damaged', found)
}

function refusal(error: InstanceType<typeof Sqlite.SqliteError>, path: string): ExpectedError {
  return new ExpectedError('work-folder-not-writable', { path, said: `${error.code}: ${error.message}` }, { cause: error })
}

const DAMAGED = /^SQLITE_(CORRUPT|NOTADB)/

/** What SQLite says when it is not us: held by another program, full, read-only, gone, damaged. */
const TROUBLE = /^SQLITE_(BUSY|LOCKED|FULL|READONLY|IOERR|CANTOPEN|PERM|AUTH|CORRUPT|NOTADB)/

/** Whether an error tells of the store's place, not of a bug. */
export function isStoreTrouble(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && TROUBLE.test(error.code)
}

/** What SQLite says where bits of the tables' own description are damaged: every statement of ours is run by tests over a sound one. */
const OTHER_TABLES = /^no such (table|column)|has no column named/

/** The one translation of what SQLite says of its place: 'work-folder-not-writable' {path, reason}. Any other error is itself. */
export function toStoreError(error: unknown, path: string): unknown {
  if (!(error instanceof Sqlite.SqliteError)) return error
  return TROUBLE.test(error.code) || OTHER_TABLES.test(error.message) ? refusal(error, path) : error
}

/** Another Whittle holds the database for some milliseconds; who holds it longer is not waited for where a write can come later. */
const BRIEF_TIMEOUT_MS = 50

/** Runs `act` with hardly any waiting for another program that holds the database: it fails instead. */
export function waitingBriefly<T>(database: Database, act: () => T): T {
  database.pragma(`busy_timeout = ${BRIEF_TIMEOUT_MS}`)
  try {
    return act()
  } finally {
    database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`)
  }
}

function migrate(database: Database, path: string, migrations: readonly string[]): void {
  const found = readVersion(database)
  if (found > migrations.length) {
    throw historyUnreadable(path, 'newer', `made by a newer version (${found} > ${migrations.length})`)
  }
  if (found === migrations.length) return
  if (found > 0) backUp(database, path, found)
  database
    .transaction(() => {
      // Read again: another process may have migrated while this one waited for the lock.
      for (const step of migrations.slice(readVersion(database))) database.exec(step)
      database.pragma(`user_version = ${migrations.length}`)
    })
    .immediate()
}

function readVersion(database: Database): number {
  return Number(database.pragma('user_version', { simple: true }))
}

/**
 * The database as it is, pages of its write-ahead log included. VACUUM INTO refuses an existing file; an older copy of the same version is
 * replaced.
 */
function backUp(database: Database, path: string, version: number): void {
  const { dir, name } = parse(path)
  const target = join(dir, `${name}-v${version}.db`)
  rmSync(target, { force: true })
  database.prepare('VACUUM INTO ?').run(target)
  const versions = readdirSync(dir).flatMap((file) =>
    file.startsWith(`${name}-v`) && /^\d+\.db$/.test(file.slice(name.length + 2)) ? [parseInt(file.slice(name.length + 2))] : [],
  )
  for (const old of versions.sort((a, b) => b - a).slice(KEPT_COPIES)) rmSync(join(dir, `${name}-v${old}.db`), { force: true })
}

/** A lock that lives as long as the process or until it is released, whichever ends first. */
export interface FileLock {
  release(): void
}

/**
 * Takes an exclusive lock on the file at `path`, or answers null when another connection holds it. The operating system frees
 * it when its process ends, however it ends, so a held lock means a living owner: no process ids, no clocks.
 */
export function takeLock(path: string): FileLock | null {
  const database = new Sqlite(path, { timeout: 0 })
  try {
    database.pragma('journal_mode = MEMORY')
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) return null
    throw error
  }
  return {
    release: () => {
      database.close()
      removeLockFile(path)
    },
  }
}

/** A lock file that cannot be removed any more, as on a volume that became read-only, is held by nobody all the same. */
function removeLockFile(path: string): void {
  try {
    rmSync(path, { force: true, maxRetries: 3 })
  } catch {
    // the next who looks removes it
  }
}

/** Whether a living process holds the lock at `path`. A lock file nobody holds is removed. */
export function isLockHeld(path: string): boolean {
  if (!existsSync(path)) return false
  const lock = takeLock(path)
  lock?.release()
  return lock === null
}
