import type { CheckItem, CheckReport, TrialStep } from '../contract/check.ts'
import type { Answer } from '../contract/calls.ts'
import type { LogLine } from '../contract/log-lines.ts'
import type { ModelSummary } from '../contract/model.ts'
import type { Plan } from '../contract/plan.ts'
import type { FormatName, Recipe } from '../contract/recipe.ts'
import type { Report } from '../contract/report.ts'
import type { JournalRow, Stage } from '../contract/run.ts'

/** Folders a job works with; all exist. It writes to the first two only. */
export interface JobFolders {
  /** Calibration files, named by fingerprint; shared between runs. */
  readonly calibrations: string
  /** Where a file goes when the recipe names no path. */
  readonly outputs: string
  /** The product's own files: text/calibration.txt and text/heldout.txt are what it learns from and judges on by default. */
  readonly resources: string
}

/** What the engine process is asked to do. Plain JSON, so it crosses a process boundary. */
export type Job =
  /** open, calibrate, plan; `stopAfter` ends earlier. `goesOn`: the plan is written afterwards, which its progress counts in. */
  | { kind: 'prepare'; recipe: Recipe; folders: JobFolders; stopAfter: Extract<Stage, 'open' | 'calibrate' | 'plan'>; goesOn?: boolean }
  /**
   * compress and report, or go on with it: `journal` holds the layers already on disk, in the order written. `ownsPartial`: what lies under
   * the output's temporary name, if anything does, was left by a run of this store; else it is somebody's, and not touched. `ownsOutput`:
   * no other run of this store is known to have finished what lies there.
   */
  | {
      kind: 'finish'
      recipe: Recipe
      folders: JobFolders
      plan: Plan
      calibrationPath: string
      outPath: string
      journal: readonly JournalRow[]
      ownsPartial: boolean
      ownsOutput?: boolean
    }
  /** Judges an existing GGUF file against the recipe's model. */
  | { kind: 'judge'; recipe: Recipe; folders: JobFolders; file: string }
  /**
   * Looks at what a run would meet, and takes the first layer through all of it in `scratch`, a folder to be made on the volume written to.
   */
  | { kind: 'check'; recipe: Recipe; folders: JobFolders; scratch: string }
  /** Continues `prompt` with what a run wrote and with its original, whose `fingerprint` must be the one planned for. */
  | {
      kind: 'answer'
      recipe: Recipe
      folders: JobFolders
      file: string
      format: FormatName
      fingerprint: string | null
      prompt: string
      tokens: number
    }

/** What a job yields while it works. Plain JSON. The job is over when its generator ends; a failure is thrown. */
export type JobEvent =
  | { kind: 'stage'; stage: Stage; state: 'started' | 'finished' | 'reused' }
  /** `done`/`total` are work units of the whole job; `done` never falls. `phaseEnd`: units at which the phase at work ends. */
  | {
      kind: 'progress'
      stage: Stage
      done: number
      total: number
      phaseEnd?: number
      layer: number | null
      layers: number
      activity: string
    }
  | { kind: 'coverage'; layer: number; tokens: number[] }
  | { kind: 'opened'; model: ModelSummary }
  | { kind: 'calibrated'; fingerprint: string; path: string; reused: boolean; bytes: number }
  | { kind: 'planned'; plan: Plan; outPath: string }
  /** One step of learning a projection's factors; see RunEvent. */
  | { kind: 'learning'; layer: number; role: string; expert: number | null; step: number; error: number; flops: number }
  /** A layer's bytes are on disk (fsynced): the row to journal. */
  | { kind: 'layer'; row: JournalRow }
  | { kind: 'reported'; report: Report }
  /** Text one side has added, and its whole answer so far. */
  | { kind: 'answer'; side: 'original' | 'shrunk'; text: string; done: boolean; answer: Answer }
  /** What a check found or did. */
  | { kind: 'check'; item: CheckItem | null; step: TrialStep | null }
  /** What a check comes to; `expectedBytes`: memory the whole run should take. */
  | { kind: 'checked'; trial: NonNullable<CheckReport['trial']>; seconds: NonNullable<CheckReport['seconds']>; expectedBytes: number }
  | { kind: 'log'; level: 'info' | 'warn' | 'error'; line: LogLine }
