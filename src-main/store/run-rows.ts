import { existsSync } from 'node:fs'
import * as z from 'zod'
import { CheckReport } from '../contract/check.ts'
import { ErrorShape } from '../contract/error-shape.ts'
import { ExpectedError } from '../contract/errors.ts'
import { Gauges } from '../contract/machine.ts'
import { ModelSummary } from '../contract/model.ts'
import { Plan } from '../contract/plan.ts'
import { Recipe } from '../contract/recipe.ts'
import { Report } from '../contract/report.ts'
import { RunSummary, type RunDetail } from '../contract/run.ts'
import { upgradePlan, upgradeReport } from './old-versions.ts'
import { readJson } from './json-column.ts'

const KeptPlan = z.preprocess(upgradePlan, Plan)
const KeptReport = z.preprocess(upgradeReport, Report)

/** Columns of the table `runs` that a summary is made of. */
export const SUMMARY_COLUMNS = `id, created_at, updated_at, model_name, model_path, method, state, stage, calibration,
  budget_bytes, plan_bytes, original_bytes, out_path, kl_divergence, perplexity_ratio, CASE WHEN json_valid(recipe) THEN recipe ->> '$.format' END AS format,
  verified, tags, note, starred, imported_at`

export interface SummaryRow {
  id: string
  created_at: string
  updated_at: string
  model_name: string
  model_path: string
  method: string
  state: string
  stage: string
  calibration: string | null
  budget_bytes: number | null
  plan_bytes: number | null
  original_bytes: number | null
  out_path: string | null
  kl_divergence: number | null
  perplexity_ratio: number | null
  format: string | null
  verified: number | null
  tags: string
  note: string
  starred: number
  imported_at: string | null
}

/** Columns that a whole run is made of. */
export const DETAIL_COLUMNS = `${SUMMARY_COLUMNS}, recipe, model, plan, report, error, gauges, checked, calibration_fingerprint, stops_at_plan`

export interface DetailRow extends SummaryRow {
  recipe: string
  model: string | null
  plan: string | null
  report: string | null
  error: string | null
  gauges: string | null
  checked: string | null
  calibration_fingerprint: string | null
  stops_at_plan: number
}

/** A run with what only the jobs need to know. */
export interface StoredRun extends RunDetail {
  readonly calibrationFingerprint: string | null
  /** Whether it rests once its plan is made. */
  readonly stopsAtPlan: boolean
}

/** What stands for a part of a row that cannot be read. All others are null. */
const UNREADABLE: Readonly<Record<string, unknown>> = {
  createdAt: '',
  updatedAt: '',
  modelName: '?',
  modelPath: '',
  method: '',
  state: 'failed',
  stage: 'open',
  outExists: false,
  tags: [],
  note: '',
  starred: false,
}

/**
 * A row as the history lists it. A run another machine made has no file here, whatever lies at its path. One damaged part is no reason not
 * to list the rest, let alone the other runs.
 */
export function toSummary(row: SummaryRow): RunSummary {
  const values = valuesOf(row)
  const found = RunSummary.safeParse(values)
  if (found.success) return found.data
  const mended = found.error.issues.map(({ path: [field] }) => [String(field), UNREADABLE[String(field)] ?? null])
  return RunSummary.parse({ ...values, ...(Object.fromEntries(mended) as object), damaged: true })
}

function valuesOf(row: SummaryRow): object {
  const mayExist = row.state === 'done' && row.imported_at === null && typeof row.out_path === 'string'
  return {
    id: row.id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    modelName: row.model_name,
    modelPath: row.model_path,
    method: row.method,
    format: row.format,
    state: row.state,
    stage: row.stage,
    calibration: row.calibration,
    budgetBytes: row.budget_bytes,
    planBytes: row.plan_bytes,
    originalBytes: row.original_bytes,
    outPath: row.out_path,
    outExists: mayExist && existsSync(row.out_path ?? ''),
    klDivergence: row.kl_divergence,
    perplexityRatio: row.perplexity_ratio,
    verified: row.verified === null ? null : row.verified === 1,
    tags: parsed(row.tags),
    note: row.note,
    starred: row.starred === 1,
    importedAt: row.imported_at,
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // what the schema then refuses is shown as damaged
  }
}

/**
 * All but the journal, which has a table of its own. @throws ExpectedError 'run-damaged' {runId, part} when it cannot be worked with any
 * more
 */
export function toRun(row: DetailRow): Omit<StoredRun, 'journal'> {
  const whole = <T>(schema: z.ZodType<T>, text: string, name: string): T => {
    try {
      return readJson(schema, text, name)
    } catch (error) {
      throw new ExpectedError('run-damaged', { runId: row.id, part: name }, { cause: error })
    }
  }
  const column = <T>(schema: z.ZodType<T>, text: string | null, name: string): T | null =>
    text === null ? null : whole(schema, text, name)
  const gauges = column(z.array(Gauges), row.gauges, 'gauges')
  return {
    summary: toSummary(row),
    recipe: whole(Recipe, row.recipe, 'recipe'),
    model: column(ModelSummary, row.model, 'model'),
    plan: column(KeptPlan, row.plan, 'plan'),
    report: column(KeptReport, row.report, 'report'),
    ...(gauges === null ? {} : { gauges }),
    check: column(CheckReport, row.checked, 'check'),
    error: column(ErrorShape, row.error, 'error'),
    calibrationFingerprint: row.calibration_fingerprint,
    stopsAtPlan: row.stops_at_plan === 1,
  }
}
