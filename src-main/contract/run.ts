import * as z from 'zod'
import { ErrorCode } from './error-shape.ts'
import { Plan } from './plan.ts'
import { FormatName, Recipe } from './recipe.ts'
import { Report } from './report.ts'
import { ModelSummary } from './model.ts'

/** The five verbs, in their order: pipeline steps, CLI commands, stages on the run page, rows in the store. */
export const STAGES = ['open', 'calibrate', 'plan', 'compress', 'report'] as const
export const Stage = z.enum(STAGES)
export type Stage = z.infer<typeof Stage>

export const RunState = z.enum(['preparing', 'planned', 'running', 'done', 'cancelled', 'failed', 'interrupted'])
export type RunState = z.infer<typeof RunState>

/** One run as the history lists it. Times are ISO 8601. */
export const RunSummary = z.object({
  id: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  modelName: z.string(),
  modelPath: z.string(),
  method: z.string(),
  /** What its recipe asks to be written; null = the method's own first format. */
  format: FormatName.nullable().optional(),
  state: RunState,
  /** The stage it is in or stopped at. */
  stage: Stage,
  /** 'reused' when an earlier run's calibration served, 'measured' when this run made it, null before that. */
  calibration: z.enum(['reused', 'measured']).nullable(),
  budgetBytes: z.int().nullable(),
  planBytes: z.int().nullable(),
  originalBytes: z.int().nullable(),
  outPath: z.string().nullable(),
  outExists: z.boolean(),
  klDivergence: z.number().nullable(),
  perplexityRatio: z.number().nullable(),
})
export type RunSummary = z.infer<typeof RunSummary>

/** One finished layer (or the tensors outside the layers: layer null) of a run's compress stage. */
export const JournalRow = z.object({
  layer: z.int().nullable(), finishedAt: z.string(), bytes: z.int(), sha256: z.string(), seconds: z.number(),
})
export type JournalRow = z.infer<typeof JournalRow>

/** Everything about one run. */
export const RunDetail = z.object({
  summary: RunSummary,
  recipe: Recipe,
  model: ModelSummary.nullable(),
  plan: Plan.nullable(),
  report: Report.nullable(),
  journal: z.array(JournalRow),
  error: z.object({ code: ErrorCode, message: z.string(), details: z.record(z.string(), z.unknown()) }).nullable(),
})
export type RunDetail = z.infer<typeof RunDetail>
