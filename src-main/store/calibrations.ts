import { createHash } from 'node:crypto'
import { createReadStream, rmSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { isFileMissing } from './file-missing.ts'
import type { Store } from './store.ts'

/** A calibration on disk: what was measured over one model, corpus and set of settings. */
export interface StoredCalibration {
  readonly fingerprint: string
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  readonly createdAt: string
}

/** What a calibration was measured on, for people. What is not known is null. */
export interface Origin {
  readonly modelName: string | null
  readonly modelPath: string | null
  /** Name of the text; null also for the text that comes with Whittle. */
  readonly corpus: string | null
  readonly tokens: number | null
}

interface Row {
  fingerprint: string
  path: string
  bytes: number
  sha256: string
  created_at: string
}

/** Remembers the calibration file at `path`, with its hash as it is now. */
export async function rememberCalibration(store: Store, fingerprint: string, path: string): Promise<StoredCalibration> {
  const { size } = await stat(path)
  const calibration = { fingerprint, path, bytes: size, sha256: await hashFile(path), createdAt: new Date().toISOString() }
  store.database
    .prepare(
      `INSERT INTO calibrations (fingerprint, path, bytes, sha256, created_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (fingerprint) DO UPDATE SET path = excluded.path, bytes = excluded.bytes, sha256 = excluded.sha256`,
    )
    .run(fingerprint, path, calibration.bytes, calibration.sha256, calibration.createdAt)
  return calibration
}

/** Writes down where a calibration comes from, as far as that was not known. */
export function describeCalibration(store: Store, fingerprint: string, { modelName, modelPath, corpus, tokens }: Origin): void {
  store.database
    .prepare(
      `UPDATE calibrations SET model_name = coalesce(model_name, ?), model_path = coalesce(model_path, ?),
    corpus = coalesce(corpus, ?), tokens = coalesce(tokens, ?) WHERE fingerprint = ?`,
    )
    .run(modelName, modelPath, corpus, tokens, fingerprint)
}

/**
 * The calibration of a fingerprint, or null; who asks uses it. One whose file is gone or no longer what was written counts as not there:
 * its row and what is left of the file are removed, so that nothing can be built on it.
 */
export async function findCalibration(store: Store, fingerprint: string): Promise<StoredCalibration | null> {
  const row = rowOf(store, fingerprint)
  if (row === null) return null
  if (await isIntact(row)) {
    store.database.prepare('UPDATE calibrations SET used_at = ? WHERE fingerprint = ?').run(new Date().toISOString(), fingerprint)
    return { fingerprint, path: row.path, bytes: row.bytes, sha256: row.sha256, createdAt: row.created_at }
  }
  forgetCalibration(store, fingerprint)
  rmSync(row.path, { force: true })
  return null
}

/** Where a calibration's file lies, if it still does: for showing what is in it, not for building on it. */
export function calibrationPath(store: Store, fingerprint: string): string | null {
  return rowOf(store, fingerprint)?.path ?? null
}

/** Removes a calibration's row. Its file is the caller's affair. */
export function forgetCalibration(store: Store, fingerprint: string): void {
  store.database.prepare('DELETE FROM calibrations WHERE fingerprint = ?').run(fingerprint)
}

function rowOf(store: Store, fingerprint: string): Row | null {
  return (
    store.database
      .prepare<[string], Row>('SELECT fingerprint, path, bytes, sha256, created_at FROM calibrations WHERE fingerprint = ?')
      .get(fingerprint) ?? null
  )
}

async function isIntact(row: Row): Promise<boolean> {
  try {
    const { size } = await stat(row.path)
    return size === row.bytes && (await hashFile(row.path)) === row.sha256
  } catch (error) {
    if (isFileMissing(error)) return false
    throw error
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
