import { markRaw } from 'vue'
import type { RunEvent } from '../../src-main/contract/events.ts'
import { learn, newLearning, type Learning } from './learning.ts'
import { cover, newCoverage, type LiveCoverage } from './live-coverage.ts'

/** Events that come many times a second and are kept whole. */
export type LargeEvent = Extract<RunEvent, { kind: 'learning' | 'coverage' }>

/** What is kept of a run that events tell of, looked at or not. */
export interface Heard {
  readonly latest: Map<string, RunEvent>
  readonly learning: Learning
  readonly coverage: LiveCoverage
}

/**
 * What events told of every run. The host tells a new listener where each run at work is, which may come before a page asks for
 * the run; so the latest event of each kind is kept for every run.
 */
export interface HeardRuns {
  of(runId: string): Heard
  /** Learning and coverage, for canvases that look at once. */
  keepLarge(event: LargeEvent): void
  keepLatest(event: RunEvent): void
}

export function createHeardRuns(): HeardRuns {
  const heard = new Map<string, Heard>()
  const of = (runId: string): Heard => {
    const known = heard.get(runId) ?? { latest: new Map(), learning: markRaw(newLearning()), coverage: markRaw(newCoverage()) }
    heard.set(runId, known)
    return known
  }
  return {
    of,
    keepLarge(event) {
      const { learning, coverage } = of(event.runId)
      if (event.kind === 'learning') learn(learning, event)
      else cover(coverage, event.coverage.layer, event.coverage.tokens)
    },
    keepLatest(event) {
      const { latest } = of(event.runId)
      if (event.kind === 'progress' || event.kind === 'stage') latest.set(event.kind, event)
      // What was told before a run stopped or started again says nothing about what comes now.
      if (event.kind === 'state') latest.clear()
    },
  }
}
