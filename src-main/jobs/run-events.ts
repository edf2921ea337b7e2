import type { RunEvent } from '../contract/events.ts'

/** Carries the events of all runs to whoever listens. */
export interface RunEvents {
  tell(event: RunEvent): void
  /** A new listener first hears how far the run at work is. Returns the function that ends the subscription. */
  subscribe(listener: (event: RunEvent) => void): () => void
}

export function createRunEvents(): RunEvents {
  const listeners = new Set<(event: RunEvent) => void>()
  const latest = new Map<string, RunEvent>()
  return {
    tell(event) {
      remember(latest, event)
      for (const listener of listeners) listener(event)
    },
    subscribe(listener) {
      for (const event of latest.values()) listener(event)
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** States in which a run's progress is of use: at work, or paused in it. */
const AT_WORK = new Set(['preparing', 'running', 'paused'])

/** What a new listener is told: how far each run at work is, and every layer's coverage. */
function remember(latest: Map<string, RunEvent>, event: RunEvent): void {
  if (event.kind === 'state' && !AT_WORK.has(event.state)) {
    for (const key of latest.keys()) if (key.startsWith(`${event.runId} `)) latest.delete(key)
  }
  if (event.kind === 'progress' || event.kind === 'stage') latest.set(`${event.runId} ${event.kind}`, event)
  if (event.kind === 'coverage') latest.set(`${event.runId} coverage ${event.coverage.layer}`, event)
}
