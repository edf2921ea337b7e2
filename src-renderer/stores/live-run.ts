import { markRaw } from 'vue'
import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import type { LogLine } from '../../src-main/contract/log-lines.ts'
import type { RunEvent } from '../../src-main/contract/events.ts'
import { STAGES, type RunDetail, type RunState, type RunSummary, type Stage } from '../../src-main/contract/run.ts'
import { newLearning, type Learning } from './learning.ts'
import { cover, newCoverage, type LiveCoverage } from './live-coverage.ts'
import { newGauges, type GaugeHistory } from './live-gauges.ts'

/** What a stage looks like on the run page. */
export type StageState = 'waiting' | 'active' | 'finished' | 'reused' | 'stopped' | 'failed'
export type Progress = Extract<RunEvent, { kind: 'progress' }>
/** `layer`: the one at work when it was said. */
export interface LogEntry {
  readonly at: number
  readonly level: 'info' | 'warn' | 'error'
  readonly line: LogLine
  readonly layer: number | null
}

/** Everything a page shows about one run: what the store keeps, and what events have told since. */
export interface LiveRun {
  detail: RunDetail
  stages: Record<Stage, StageState>
  progress: Progress | null
  /** When the last progress came, in page time, so that the clock can go on between two of them. */
  progressAt: number
  /** What somebody asked for and the engine has not come to yet. */
  stopping: 'now' | 'layer' | 'cancel' | null
  /** Tokens per expert by layer; raw, because it is large: watch `coverageRevision`. */
  coverage: LiveCoverage
  coverageRevision: number
  /** What was learned; raw, because it is large: watch `learningRevision`. */
  learning: Learning
  learningRevision: number
  /** The machine meanwhile; raw, because it is large: watch `gaugesRevision`. */
  gauges: GaugeHistory
  gaugesRevision: number
  log: LogEntry[]
}

const LOG_LINES = 500

/** Whether the engine is at work on a run in this state. */
export function isActive(state: RunState): boolean {
  return state === 'preparing' || state === 'running'
}

/** Whether a run in this state stopped on its way and can go on. */
export function isStopped(state: RunState): boolean {
  return state === 'paused' || state === 'cancelled' || state === 'failed' || state === 'interrupted'
}

/** Why a run stopped: what it failed with, or how its engine was interrupted where that is known. */
export function failureOf(live: LiveRun): ErrorShape | null {
  const { state } = live.detail.summary
  return state === 'failed' || state === 'interrupted' ? live.detail.error : null
}

/** A run as the store knows it, before any event. */
export function liveRun(detail: RunDetail): LiveRun {
  return {
    detail,
    stages: stagesOf(detail.summary),
    progress: null,
    progressAt: 0,
    stopping: null,
    coverage: markRaw(newCoverage()),
    coverageRevision: 0,
    learning: markRaw(newLearning()),
    learningRevision: 0,
    gauges: markRaw(newGauges(detail.gauges)),
    gaugesRevision: detail.gauges?.length ?? 0,
    log: [],
  }
}

/** Where a stored run stands in the five stages. */
export function stagesOf(summary: RunSummary): Record<Stage, StageState> {
  const at = STAGES.indexOf(summary.stage)
  const entries = STAGES.map((stage, index): [Stage, StageState] => {
    if (index > at) return [stage, 'waiting']
    if (index === at) return [stage, currentStage(summary.state)]
    return [stage, stage === 'calibrate' && summary.calibration === 'reused' ? 'reused' : 'finished']
  })
  return Object.fromEntries(entries) as Record<Stage, StageState>
}

function currentStage(state: RunState): StageState {
  if (isActive(state)) return 'active'
  if (state === 'failed') return 'failed'
  return state === 'done' || state === 'planned' ? 'finished' : 'stopped'
}

/** Takes an event in. Mutates `live`; the caller re-reads the run when its state changed, and tells of coverage, learning and gauges. */
export function applyEvent(live: LiveRun, event: RunEvent, now: number): void {
  switch (event.kind) {
    case 'stage':
      return applyStage(live, event.stage, event.state)
    case 'progress':
      live.progress = event
      live.progressAt = now
      if (live.stages[event.stage] !== 'active') applyStage(live, event.stage, 'started')
      return
    case 'coverage':
      return cover(live.coverage, event.coverage.layer, event.coverage.tokens)
    case 'layer':
      live.detail = { ...live.detail, journal: [...live.detail.journal.filter((row) => row.layer !== event.row.layer), event.row] }
      return
    case 'state':
      if (isActive(event.state) && !isActive(live.detail.summary.state)) live.progress = null
      live.detail = { ...live.detail, error: event.error, summary: { ...live.detail.summary, state: event.state } }
      if (!isActive(event.state)) {
        live.stages = stagesOf(live.detail.summary)
        live.stopping = null
      }
      return
    case 'log':
      live.log = [...live.log.slice(1 - LOG_LINES), { at: now, level: event.level, line: event.line, layer: live.progress?.layer ?? null }]
  }
}

function applyStage(live: LiveRun, stage: Stage, state: 'started' | 'finished' | 'reused'): void {
  const at = STAGES.indexOf(stage)
  const stages = { ...live.stages }
  for (const earlier of STAGES.slice(0, at)) {
    if (stages[earlier] !== 'reused') stages[earlier] = 'finished'
  }
  stages[stage] = state === 'started' ? 'active' : state
  live.stages = stages
  live.detail = { ...live.detail, summary: { ...live.detail.summary, stage } }
}
