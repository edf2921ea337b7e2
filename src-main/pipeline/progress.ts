import type { Stage } from '../contract/run.ts'
import type { Emit } from './events.ts'

/** A stretch of a job: how many work units it is worth and what it is called on screen. */
export interface Phase {
  readonly stage: Stage
  readonly activity: string
  readonly units: number
}

/** Tells how far the whole job is, phase by phase. */
export interface RunProgress {
  /** Starts the next phase, or the one of that name; everything before it counts as done. */
  enter(phase: Phase): void
  /** Share of the current phase that is done, 0..1; never falls. */
  at(share: number, layer?: number | null): void
}

/** Progress over `phases` (in order), told through `emit` in work units of their sum. */
export function trackProgress(phases: readonly Phase[], layers: number, emit: Emit): RunProgress {
  const total = phases.reduce((sum, phase) => sum + phase.units, 0)
  let current = phases[0]
  let before = 0
  let highest = 0
  return {
    enter(phase) {
      const index = phases.indexOf(phase)
      if (index < 0) throw new RangeError(`unknown phase ${phase.activity}`)
      before = phases.slice(0, index).reduce((sum, earlier) => sum + earlier.units, 0)
      current = phase
      this.at(0, null)
    },
    at(share, layer = null) {
      if (current === undefined) return
      highest = Math.max(highest, before + current.units * Math.min(1, Math.max(0, share)))
      emit({
        kind: 'progress',
        stage: current.stage,
        activity: current.activity,
        done: highest,
        total,
        phaseEnd: before + current.units,
        layer,
        layers,
      })
    },
  }
}
