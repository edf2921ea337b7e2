import type { JobEvent } from './job.ts'

/** Hands an event to whoever listens to the job. */
export type Emit = (event: JobEvent) => void

/**
 * Runs `work` and yields what it emits, in order, as it comes. Ends when the work ends; what the work throws is thrown here,
 * after the events before it. The consumer may stop early: `work` should be watching the signal that made it stop.
 */
export async function* eventsOf(work: (emit: Emit) => Promise<void>): AsyncGenerator<JobEvent> {
  const waiting: JobEvent[] = []
  let wake: () => void = () => undefined
  let over = false
  const emit: Emit = (event) => {
    waiting.push(event)
    wake()
  }
  const finished = work(emit).finally(() => {
    over = true
    wake()
  })
  // Observed below; this only keeps a failure from being reported as unhandled while events are still being read.
  finished.catch(() => undefined)
  for (;;) {
    const event = waiting.shift()
    if (event !== undefined) yield event
    else if (over) break
    else await new Promise<void>((resolve) => { wake = resolve })
  }
  await finished
}
