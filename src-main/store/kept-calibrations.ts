import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { KeptCalibration } from '../contract/calls.ts'
import { isFileMissing } from './file-missing.ts'
import { releaseDeadRuns } from './runs.ts'
import type { Store } from './store.ts'

interface Row {
  fingerprint: string
  path: string
  created_at: string
  used_at: string | null
  model_name: string | null
  model_path: string | null
  corpus: string | null
  tokens: number | null
  runs: number
}

/** Every calibration that was kept, used last first, those whose file is gone too. `bytes`: what deleting it would free. */
export async function listCalibrations(store: Store): Promise<KeptCalibration[]> {
  const rows = store.database
    .prepare<[], Row>(
      `SELECT fingerprint, path, created_at, used_at, model_name, model_path, corpus, tokens,
    (SELECT count(*) FROM runs WHERE calibration_fingerprint = fingerprint) AS runs FROM calibrations ORDER BY coalesce(used_at, created_at) DESC, rowid DESC`,
    )
    .all()
  return Promise.all(
    rows.map(async (row) => {
      const files = await filesOfCalibration(row.path)
      return {
        fingerprint: row.fingerprint,
        bytes: files.reduce((sum, file) => sum + file.bytes, 0),
        createdAt: row.created_at,
        usedAt: row.used_at,
        modelName: row.model_name,
        modelPath: row.model_path,
        corpus: row.corpus,
        tokens: row.tokens,
        runs: row.runs,
        exists: files.some((file) => file.path === row.path),
      }
    }),
  )
}

/** A calibration's file and what was measured on top of it: files beside it whose names begin with its own. */
export async function filesOfCalibration(path: string): Promise<{ path: string; bytes: number }[]> {
  const name = basename(path)
  const entries = await readdir(dirname(path)).catch((error: unknown) => {
    if (isFileMissing(error)) return []
    throw error
  })
  const own = entries.filter((entry) => entry === name || entry.startsWith(`${name}.`)).map((entry) => join(dirname(path), entry))
  const sizes = await Promise.all(own.map((file) => stat(file).catch(() => null))) // gone in between: nothing to count
  return own.flatMap((file, i) => {
    const facts = sizes[i]
    return facts?.isFile() === true ? [{ path: file, bytes: facts.size }] : []
  })
}

/** Runs at work on a calibration, or so early that they may come to it. */
export function runsAtWorkOn(store: Store, fingerprint: string): string[] {
  releaseDeadRuns(store)
  return store.database
    .prepare<[string], { id: string }>(
      'SELECT id FROM runs WHERE owner_id IS NOT NULL AND (calibration_fingerprint IS NULL OR calibration_fingerprint = ?)',
    )
    .all(fingerprint)
    .map((run) => run.id)
}
