import { lineText } from '../../contract/log-lines.ts'
import { fromErrorShape } from '../../contract/errors.ts'
import type { RunEvent } from '../../contract/events.ts'
import type { RunState } from '../../contract/run.ts'
import type { Service } from '../../service/service.ts'
import type { ProgressLine } from './progress-line.ts'

/** A run that goes on in the background, watched until it rests. */
export interface FollowedRun {
  /** Most memory the engine was seen to hold, in bytes. */
  readonly peakMemoryBytes: () => number
  /** Waits for the state in which nobody works on the run any more; an abort cancels it first. Throws what the run failed with. */
  rested(signal: AbortSignal): Promise<RunState>
}

/** Shows a run's progress. Call it before the run is started, so that nothing is missed. */
export function followRuns(service: Service, progress: ProgressLine): { follow(runId: string): FollowedRun; stop(): void } {
  let peak = 0
  const waiting = new Map<string, (event: Extract<RunEvent, { kind: 'state' }>) => void>()
  const rested = new Map<string, Extract<RunEvent, { kind: 'state' }>>()
  const stop = service.subscribe((event) => {
    if (event.kind === 'progress') {
      peak = Math.max(peak, event.memoryBytes)
      progress.show(event)
    }
    if (event.kind === 'learning' && event.expert === null) progress.learning(event)
    if (event.kind === 'log' && event.level !== 'info') progress.say(`${event.level}: ${lineText(event.line)}`)
    if (event.kind === 'stage' && event.state === 'reused') progress.say(`${event.stage}: reused from an earlier run`)
    if (event.kind !== 'state') return
    if (event.state === 'preparing' || event.state === 'running') return void rested.delete(event.runId)
    rested.set(event.runId, event)
    waiting.get(event.runId)?.(event)
  })
  return {
    stop,
    follow: (runId) => ({
      peakMemoryBytes: () => peak,
      async rested(signal) {
        const cancel = (): void => {
          void service.call('run.cancel', { runId })
        }
        signal.addEventListener('abort', cancel, { once: true })
        if (signal.aborted) cancel()
        const event =
          rested.get(runId) ?? (await new Promise<Extract<RunEvent, { kind: 'state' }>>((resolve) => waiting.set(runId, resolve)))
        signal.removeEventListener('abort', cancel)
        progress.end()
        if (event.state === 'cancelled') signal.throwIfAborted()
        if (event.error !== null) throw fromErrorShape(event.error)
        return event.state
      },
    }),
  }
}
