import { randomBytes } from 'node:crypto'
import { basename } from 'node:path'
import type { CheckReport } from '../contract/check.ts'
import type { ErrorShape } from '../contract/error-shape.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { Gauges } from '../contract/machine.ts'
import type { ModelSummary } from '../contract/model.ts'
import type { Plan } from '../contract/plan.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { Report } from '../contract/report.ts'
import { withoutScheme } from '../contract/resource-name.ts'
import { RunState, type RunSummary, type Stage } from '../contract/run.ts'
import { writeJson } from './json-column.ts'
import { readJournal } from './journal.ts'
import { livingOwners } from './owner.ts'
import { DETAIL_COLUMNS, SUMMARY_COLUMNS, toRun, toSummary, type DetailRow, type StoredRun, type SummaryRow } from './run-rows.ts'
import type { Store } from './store.ts'

/** States in which a process works on a run. */
export const WORKING: readonly RunState[] = ['preparing', 'running']

/** The same in SQL, with the runs that wait in memory. */
const AT_WORK = `state IN ('preparing', 'running') OR (state = 'paused' AND owner_id IS NOT NULL)`

/** What may change about a run. A field left out stays as it is. */
export interface RunChange {
  stage?: Stage
  calibration?: 'reused' | 'measured'
  calibrationFingerprint?: string
  model?: ModelSummary
  plan?: Plan
  report?: Report
  outPath?: string
  /** Whether it rests once its plan is made. */
  stopsAtPlan?: boolean
  /** What the check before it found. */
  check?: CheckReport
  /** Every sample kept so far, in their order: replaces what was there. */
  gauges?: readonly Gauges[]
  tags?: readonly string[]
  note?: string
  starred?: boolean
}

/** Makes a run, owned by this process, in state 'preparing'; returns its id. */
export function createRun(store: Store, recipe: Recipe): string {
  const id = randomBytes(5).toString('hex')
  const now = new Date().toISOString()
  store.database
    .prepare(
      `INSERT INTO runs (id, created_at, updated_at, owner_id, state, stage, model_name, model_path, method, recipe)
    VALUES (?, ?, ?, ?, 'preparing', 'open', ?, ?, ?, ?)`,
    )
    .run(id, now, now, store.owner.id, basename(withoutScheme(recipe.modelPath)), recipe.modelPath, recipe.method, writeJson(recipe))
  return id
}

/** Every run, newest first. */
export function listRuns(store: Store): RunSummary[] {
  releaseDeadRuns(store)
  return store.database
    .prepare<[], SummaryRow>(`SELECT ${SUMMARY_COLUMNS} FROM runs ORDER BY created_at DESC, rowid DESC`)
    .all()
    .map(toSummary)
}

/**
 * One run with everything known about it.
 * @throws ExpectedError 'run-not-found'
 */
export function readRun(store: Store, id: string): StoredRun {
  releaseDeadRuns(store)
  const row = store.database.prepare<[string], DetailRow>(`SELECT ${DETAIL_COLUMNS} FROM runs WHERE id = ?`).get(id)
  if (row === undefined) throw new ExpectedError('run-not-found', { runId: id })
  return { ...toRun(row), journal: readJournal(store, id) }
}

/** Writes down what became known about a run. */
export function changeRun(store: Store, id: string, change: RunChange): void {
  const columns: Record<string, string | number | null> = {}
  if (change.stage !== undefined) columns.stage = change.stage
  if (change.calibration !== undefined) columns.calibration = change.calibration
  if (change.calibrationFingerprint !== undefined) columns.calibration_fingerprint = change.calibrationFingerprint
  if (change.outPath !== undefined) columns.out_path = change.outPath
  if (change.stopsAtPlan !== undefined) columns.stops_at_plan = Number(change.stopsAtPlan)
  if (change.check !== undefined) columns.checked = writeJson(change.check)
  if (change.gauges !== undefined) columns.gauges = writeJson(change.gauges)
  if (change.tags !== undefined) columns.tags = writeJson(change.tags)
  if (change.note !== undefined) columns.note = change.note
  if (change.starred !== undefined) columns.starred = Number(change.starred)
  if (change.model !== undefined) {
    Object.assign(columns, { model: writeJson(change.model), model_name: change.model.name, original_bytes: change.model.bytes })
  }
  if (change.plan !== undefined) {
    const { budgetBytes, bytes, originalBytes } = change.plan
    Object.assign(columns, { plan: writeJson(change.plan), budget_bytes: budgetBytes, plan_bytes: bytes, original_bytes: originalBytes })
  }
  if (change.report !== undefined) {
    const { klDivergence, perplexity } = change.report.quality
    Object.assign(columns, {
      report: writeJson(change.report),
      kl_divergence: klDivergence.mean,
      perplexity_ratio: perplexity.shrunk / perplexity.original,
      verified: verifiedColumn(change.report),
    })
  }
  setColumns(store, id, columns)
}

/** Moves a run to `state`. A run that no longer works has no owner; a new start forgets the last error. */
export function setState(store: Store, id: string, state: RunState, error: ErrorShape | null): void {
  const owner = WORKING.includes(state) ? store.owner.id : null
  setColumns(store, id, { state, owner_id: owner, error: error === null ? null : writeJson(error) })
}

/** Marks a run of this process as paused while its engine waits with all it has in memory: it keeps its owner. */
export function holdRun(store: Store, id: string): void {
  setColumns(store, id, { state: 'paused' })
}

/**
 * Takes a run for this process if it is in one of `from`, in one step that no other process can get between.
 * @throws ExpectedError 'run-not-found', 'run-busy' when somebody works on it, 'run-not-resumable' in any other state, and for another
 * machine's run
 */
export function claimRun(store: Store, id: string, from: readonly RunState[], to: RunState): void {
  releaseDeadRuns(store)
  store.database
    .transaction(() => {
      const row = store.database
        .prepare<[string], { state: string; owner_id: string | null; pid: number | null; imported_at: string | null }>(
          'SELECT state, owner_id, pid, imported_at FROM runs LEFT JOIN owners ON owners.id = owner_id WHERE runs.id = ?',
        )
        .get(id)
      if (row === undefined) throw new ExpectedError('run-not-found', { runId: id })
      const state = RunState.parse(row.state)
      if (WORKING.includes(state) || row.owner_id !== null) throw new ExpectedError('run-busy', { runId: id, state, pid: row.pid })
      if (row.imported_at !== null) throw new ExpectedError('run-not-resumable', { runId: id, state, reason: 'imported' })
      if (!from.includes(state)) throw new ExpectedError('run-not-resumable', { runId: id, state })
      setState(store, id, to, null)
    })
    .immediate()
}

/** How this machine's last runs failed, newest first: codes, no details. */
export function lastFailures(store: Store, count: number): { code: string; stage: string; at: string }[] {
  return store.database
    .prepare<[number], { code: string; stage: string; at: string }>(
      `SELECT CASE WHEN json_valid(error) THEN error ->> '$.code' ELSE 'damaged' END AS code, stage, updated_at AS at FROM runs
    WHERE error IS NOT NULL AND imported_at IS NULL ORDER BY updated_at DESC, rowid DESC LIMIT ?`,
    )
    .all(count)
}

/** Removes a run and its journal. Its file is the caller's affair. */
export function deleteRun(store: Store, id: string): void {
  store.database.prepare('DELETE FROM runs WHERE id = ?').run(id)
}

/** Ids of other runs in one of `states` whose file is `outPath`. */
export function runsWithOutput(store: Store, outPath: string, states: readonly RunState[], except: string): string[] {
  return store.database
    .prepare<[string, string], { id: string; state: RunState }>('SELECT id, state FROM runs WHERE out_path = ? AND id <> ?')
    .all(outPath, except)
    .filter((run) => states.includes(run.state))
    .map((run) => run.id)
}

/** Whether a run of this store has begun to write to `outPath`, and may have left what lies there under a temporary name. */
export function hasBegun(store: Store, outPath: string): boolean {
  const found = store.database
    .prepare<[string], { id: string }>(
      "SELECT id FROM runs WHERE out_path = ? AND imported_at IS NULL AND state <> 'done' AND stage IN ('compress', 'report') LIMIT 1",
    )
    .get(outPath)
  return found !== undefined
}

/** Runs at work, or held in their work, whose process has ended become 'interrupted'; returns how many. */
export function releaseDeadRuns(store: Store): number {
  const working = store.database
    .prepare<[], { id: string; owner_id: string | null }>(`SELECT id, owner_id FROM runs WHERE ${AT_WORK}`)
    .all()
    .filter((run) => run.owner_id !== store.owner.id)
  if (working.length === 0) return 0
  const living = livingOwners(store.database, store.folders.owners, store.owner.id)
  const dead = working.filter((run) => run.owner_id === null || !living.has(run.owner_id))
  const release = store.database.prepare(`UPDATE runs SET state = 'interrupted', owner_id = NULL, updated_at = ?
    WHERE id = ? AND owner_id IS ? AND (${AT_WORK})`)
  for (const run of dead) release.run(new Date().toISOString(), run.id, run.owner_id)
  return dead.length
}

/** Whether an outside engine agreed; null where none was asked. */
export function verifiedColumn(report: Report | null): number | null {
  return report?.verification == null ? null : Number(report.verification.agrees)
}

function setColumns(store: Store, id: string, columns: Readonly<Record<string, string | number | null>>): void {
  const names = Object.keys(columns)
  if (names.length === 0) return
  const assignments = [...names, 'updated_at'].map((name) => `${name} = ?`).join(', ')
  const result = store.database
    .prepare(`UPDATE runs SET ${assignments} WHERE id = ?`)
    .run(...names.map((name) => columns[name] ?? null), new Date().toISOString(), id)
  if (result.changes === 0) throw new ExpectedError('run-not-found', { runId: id })
}
