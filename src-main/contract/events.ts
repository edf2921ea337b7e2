import * as z from 'zod'
import { CheckItem, TrialStep } from './check.ts'
import { ErrorShape } from './error-shape.ts'
import { LogLine } from './log-lines.ts'
import { Gauges } from './machine.ts'
import { JournalRow, RunState, Stage } from './run.ts'

/** Counts of tokens routed to each expert of a layer, for the live coverage map. */
const Coverage = z.object({ layer: z.int(), tokens: z.array(z.number()) })

/**
 * What a running job says while it works. `done` and `total` are work units of the whole job (not of the stage), so their
 * quotient is honest progress; `total` may be corrected as the job learns more, `done` never falls.
 */
export const RunEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('stage'), runId: z.string(), stage: Stage, state: z.enum(['started', 'finished', 'reused']) }),
  z.object({
    kind: z.literal('progress'),
    runId: z.string(),
    stage: Stage,
    done: z.number(),
    total: z.number(),
    elapsedSeconds: z.number(),
    etaSeconds: z.number().nullable(),
    /** Range the rest should take; none while there is too little to tell from. */
    etaRange: z.object({ low: z.number(), high: z.number() }).nullable().optional(),
    layer: z.int().nullable(),
    layers: z.int(),
    /** What is being done, as a key for words: 'attention', 'experts', 'encode', 'measure', 'evaluate', 'verify'. */
    activity: z.string(),
    memoryBytes: z.int(),
  }),
  z.object({ kind: z.literal('coverage'), runId: z.string(), coverage: Coverage }),
  /** One step of learning a projection's factors: relative error ||W - W'|| / ||W|| after `flops` operations. */
  z.object({
    kind: z.literal('learning'),
    runId: z.string(),
    layer: z.int(),
    role: z.string(),
    expert: z.int().nullable(),
    step: z.int(),
    error: z.number(),
    flops: z.number(),
  }),
  z.object({ kind: z.literal('layer'), runId: z.string(), row: JournalRow }),
  z.object({ kind: z.literal('state'), runId: z.string(), state: RunState, error: ErrorShape.nullable() }),
  z.object({ kind: z.literal('gauges'), runId: z.string(), gauges: Gauges }),
  /** What a check (its id as `runId`) has just found or done. */
  z.object({ kind: z.literal('check'), runId: z.string(), item: CheckItem.nullable(), step: TrialStep.nullable() }),
  /** Text one of the two models has just added to its answer. */
  z.object({ kind: z.literal('answer'), runId: z.string(), side: z.enum(['original', 'shrunk']), text: z.string(), done: z.boolean() }),
  z.object({ kind: z.literal('log'), runId: z.string(), level: z.enum(['info', 'warn', 'error']), line: LogLine }),
])
export type RunEvent = z.infer<typeof RunEvent>
