import { randomBytes } from 'node:crypto'
import { RunMaps } from '../contract/bundle.ts'
import type { RunDetail } from '../contract/run.ts'
import { readJson, writeJson } from './json-column.ts'
import { verifiedColumn } from './runs.ts'
import type { Store } from './store.ts'

/** A run of another machine, as a bundle brings it. */
export interface BroughtRun {
  readonly detail: RunDetail
  readonly maps: RunMaps
}

/**
 * Takes in a run of another machine, under its own id where that is free. Unless done it counts as interrupted: what it had begun is not
 * here.
 * @returns the id it has now
 */
export function insertBroughtRun(store: Store, { detail, maps }: BroughtRun): string {
  const { summary, recipe, model, plan, report, gauges, check, error, journal } = detail
  const id = freeId(store, summary.id)
  const json = (value: unknown): string | null => (value === null || value === undefined ? null : writeJson(value))
  store.database
    .prepare(
      `INSERT INTO runs (id, created_at, updated_at, imported_at, state, stage, model_name, model_path, method, calibration,
      budget_bytes, plan_bytes, original_bytes, out_path, kl_divergence, perplexity_ratio, verified, recipe, model, plan, report, error,
      gauges, checked, maps, tags, note, starred)
    VALUES (@id, @createdAt, @updatedAt, @importedAt, @state, @stage, @modelName, @modelPath, @method, @calibration,
      @budgetBytes, @planBytes, @originalBytes, @outPath, @klDivergence, @perplexityRatio, @verified, @recipe, @model, @plan, @report, @error,
      @gauges, @checked, @maps, @tags, @note, @starred)`,
    )
    .run({
      id,
      createdAt: summary.createdAt,
      updatedAt: summary.updatedAt,
      importedAt: new Date().toISOString(),
      state: summary.state === 'done' && report !== null ? 'done' : 'interrupted',
      stage: summary.stage,
      modelName: summary.modelName,
      modelPath: summary.modelPath,
      method: summary.method,
      calibration: summary.calibration,
      budgetBytes: summary.budgetBytes,
      planBytes: summary.planBytes,
      originalBytes: summary.originalBytes,
      outPath: summary.outPath,
      klDivergence: summary.klDivergence,
      perplexityRatio: summary.perplexityRatio,
      verified: verifiedColumn(report),
      recipe: writeJson(recipe),
      model: json(model),
      plan: json(plan),
      report: json(report),
      error: json(error),
      gauges: json(gauges),
      checked: json(check),
      maps: writeJson(maps),
      tags: writeJson(summary.tags),
      note: summary.note,
      starred: Number(summary.starred),
    })
  const row = store.database.prepare(
    'INSERT INTO journal (run_id, position, layer, finished_at, bytes, sha256, seconds) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  for (const [position, { layer, finishedAt, bytes, sha256, seconds }] of journal.entries())
    row.run(id, position, layer, finishedAt, bytes, sha256, seconds)
  return id
}

function freeId(store: Store, wanted: string): string {
  const isTaken = store.database.prepare<[string], { id: string }>('SELECT id FROM runs WHERE id = ?')
  let id = wanted
  while (isTaken.get(id) !== undefined) id = randomBytes(5).toString('hex')
  return id
}

/** Runs that may be the same as another machine's: of its id, or made in the same millisecond. */
export function possibleTwins(store: Store, { id, createdAt }: { id: string; createdAt: string }): string[] {
  return store.database
    .prepare<[string, string], { id: string }>('SELECT id FROM runs WHERE id = ? OR created_at = ?')
    .all(id, createdAt)
    .map((row) => row.id)
}

/** The maps an imported run brought along; null for a run of this machine. */
export function readBroughtMaps(store: Store, id: string): RunMaps | null {
  const row = store.database
    .prepare<[string], { maps: string | null }>('SELECT maps FROM runs WHERE id = ? AND imported_at IS NOT NULL')
    .get(id)
  return row?.maps == null ? null : readJson(RunMaps, row.maps, `maps of run ${id}`)
}
