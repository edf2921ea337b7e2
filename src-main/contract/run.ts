import * as z from 'zod'
import { CheckReport } from './check.ts'
import { AnyErrorCode } from './error-shape.ts'
import { Plan } from './plan.ts'
import { Gauges } from './machine.ts'
import { FormatName, Recipe } from './recipe.ts'
import { Report } from './report.ts'
import { ModelSummary } from './model.ts'

/** The five verbs, in their order: pipeline steps, CLI commands, stages on the run page, rows in the store. */
export const STAGES = ['open', 'calibrate', 'plan', 'compress', 'report'] as const
export const Stage = z.enum(STAGES)
export type Stage = z.infer<typeof Stage>

export const RunState = z.enum(['preparing', 'planned', 'running', 'paused', 'done', 'cancelled', 'failed', 'interrupted'])
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
  /** Whether an outside engine that opened the written file agreed with the report; null or none where none was asked. */
  verified: z.boolean().nullable().optional(),
  tags: z.array(z.string()),
  note: z.string(),
  starred: z.boolean(),
  /** When it came in a bundle from another machine; null for a run of this one. */
  importedAt: z.string().nullable(),
  /** Whether parts of what is kept of it could not be read: they are shown as if nothing were known. */
  damaged: z.boolean().optional(),
})
export type RunSummary = z.infer<typeof RunSummary>

/** One finished layer (or the tensors outside the layers: layer null) of a run's compress stage. */
export const JournalRow = z.object({
  layer: z.int().nullable(),
  finishedAt: z.string(),
  bytes: z.int(),
  sha256: z.string(),
  seconds: z.number(),
})
export type JournalRow = z.infer<typeof JournalRow>

/** What people write on a run. A field left out stays as it is. */
export const RunAnnotation = z.object({
  tags: z.array(z.string().trim().min(1).max(40)).max(20).optional(),
  note: z.string().max(4000).optional(),
  starred: z.boolean().optional(),
})
export type RunAnnotation = z.infer<typeof RunAnnotation>

/** Everything about one run. */
export const RunDetail = z.object({
  summary: RunSummary,
  recipe: Recipe,
  model: ModelSummary.nullable(),
  plan: Plan.nullable(),
  report: Report.nullable(),
  journal: z.array(JournalRow),
  /** The machine's state over the run, at most 2,000 samples; none in runs made before it was kept. */
  gauges: z.array(Gauges).optional(),
  /** What the check before it found, where one was made. */
  check: CheckReport.nullable().optional(),
  error: z.object({ code: AnyErrorCode, message: z.string(), details: z.record(z.string(), z.unknown()) }).nullable(),
})
export type RunDetail = z.infer<typeof RunDetail>
