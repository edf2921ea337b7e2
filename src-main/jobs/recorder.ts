import type { RunEvent } from '../contract/events.ts'
import type { JobEvent } from '../pipeline/job.ts'
import { keepCalibration } from '../store/calibration-use.ts'
import { appendJournal, clearJournal } from '../store/journal.ts'
import { rememberModel } from '../store/recent-models.ts'
import { changeRun, readRun } from '../store/runs.ts'
import type { Store } from '../store/store.ts'
import { createRangeMeter } from './eta-range.ts'
import type { Memory } from './execute.ts'
import type { PatientWrites } from './patient-writes.ts'
import { createProgressMeter } from './progress.ts'
import { createWorkClock } from './work-clock.ts'

/** Two progress events closer than this are one. */
const PROGRESS_MS = 100

/** Turns what the engines say about one run into rows of the store and events for whoever watches. */
export interface Recorder {
  /** A run may take several jobs: the units of the next count on from those done. */
  nextJob(): void
  onEvent(event: JobEvent): void
  onMemory(memory: Memory): void
  /** Time does not count while the engine is held in place. */
  hold(held: boolean): void
  elapsedSeconds(): number
  /** Waits for what is written down slowly: hashes of calibration files, and whatever the store has refused so far. */
  settle(): Promise<void>
}

export function createRecorder(store: Store, runId: string, writes: PatientWrites, tell: (event: RunEvent) => void): Recorder {
  const clock = createWorkClock()
  const meter = createProgressMeter(clock.now)
  const range = createRangeMeter(clock.now)
  let before = 0
  let memoryBytes = 0
  let shown: Extract<RunEvent, { kind: 'progress' }> | null = null
  let shownAt = -Infinity
  let hashing: Promise<unknown> = Promise.resolve()

  const times = () => ({ elapsedSeconds: meter.elapsedSeconds(), etaSeconds: meter.etaSeconds(), etaRange: range.range(), memoryBytes })
  const show = (progress: Extract<RunEvent, { kind: 'progress' }>): void => {
    shown = progress
    shownAt = performance.now()
    tell(progress)
  }
  const onProgress = ({ phaseEnd, ...event }: Extract<JobEvent, { kind: 'progress' }>): void => {
    const units = meter.update(before + event.done, before + event.total)
    range.update(units.done, before + (phaseEnd ?? event.total), units.total)
    const next = { ...event, ...units, runId, ...times() }
    const isNews = shown === null || shown.stage !== next.stage || shown.layer !== next.layer || units.done === units.total
    if (isNews || performance.now() - shownAt >= PROGRESS_MS) show(next)
  }

  return {
    nextJob: () => {
      before = shown?.done ?? 0
    },
    onEvent(event) {
      if (event.kind === 'progress') return onProgress(event)
      if (event.kind === 'calibrated') {
        hashing = writes.perform(() => keep(store, runId, event))
        hashing.catch(() => {}) // heard by settle, which may come much later
      }
      writes.write(() => record(store, runId, event))
      const news = toRunEvent(runId, event)
      if (news !== null) tell(news)
    },
    onMemory(memory) {
      memoryBytes = memory.memoryBytes
      // The heartbeat: time passes and memory moves also while no unit of work is finished.
      if (shown !== null) show({ ...shown, ...times() })
    },
    hold: (held) => {
      clock.hold(held)
    },
    elapsedSeconds: () => meter.elapsedSeconds(),
    async settle() {
      await writes.settle()
      await hashing
    },
  }
}

function record(store: Store, runId: string, event: Exclude<JobEvent, { kind: 'progress' }>): void {
  switch (event.kind) {
    case 'stage':
      return event.state === 'started' ? changeRun(store, runId, { stage: event.stage }) : undefined
    case 'opened':
      rememberModel(store, event.model.path, event.model.name)
      return changeRun(store, runId, { model: event.model })
    case 'calibrated':
      return changeRun(store, runId, { calibration: event.reused ? 'reused' : 'measured', calibrationFingerprint: event.fingerprint })
    case 'planned': {
      const before = readRun(store, runId)
      if (JSON.stringify(before.plan) !== JSON.stringify(event.plan)) clearJournal(store, runId)
      // A run planned again keeps its place: what it wrote so far lies there.
      return changeRun(store, runId, { plan: event.plan, outPath: before.summary.outPath ?? event.outPath })
    }
    case 'layer':
      return appendJournal(store, runId, event.row)
    case 'reported':
      return changeRun(store, runId, { report: event.report })
    case 'coverage':
    case 'learning':
    case 'log':
      return
  }
}

/** The model's name is known by then: it was opened first. */
async function keep(store: Store, runId: string, event: Extract<JobEvent, { kind: 'calibrated' }>): Promise<void> {
  const { recipe, summary } = readRun(store, runId)
  await keepCalibration(store, event, recipe, summary.modelName)
}

function toRunEvent(runId: string, event: JobEvent): RunEvent | null {
  switch (event.kind) {
    case 'stage':
      return { ...event, runId }
    case 'coverage':
      return { kind: 'coverage', runId, coverage: { layer: event.layer, tokens: event.tokens } }
    case 'layer':
      return { ...event, runId }
    case 'learning':
      return { ...event, runId }
    case 'log':
      return { ...event, runId }
    default:
      return null
  }
}
