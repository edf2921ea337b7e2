import type { JobEvent } from './job.ts'

/** Hands an event to whoever listens to the job. */
export type Emit = (event: JobEvent) => void

/**
 * Runs `work` and yields what it emits, in order, as it comes. Ends when the work ends; what the work throws is thrown here,
 * after the events before it. A consumer that stops early stops the work too, and waits until it has let go of its files.
 */
export async function* eventsOf(signal: AbortSignal, work: (emit: Emit, signal: AbortSignal) => Promise<void>): AsyncGenerator<JobEvent> {
  const unheard = new AbortController()
  const waiting: JobEvent[] = []
  let wake: () => void = () => undefined
  let over = false
  const emit: Emit = (event) => {
    waiting.push(event)
    wake()
  }
  const finished = work(emit, AbortSignal.any([signal, unheard.signal])).finally(() => {
    over = true
    wake()
  })
  // Observed below; this only keeps a failure from being reported as unhandled while events are still being read.
  const settled = finished.catch(() => undefined)
  try {
    for (;;) {
      const event = waiting.shift()
      if (event !== undefined) yield event
      else if (over) break
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    unheard.abort(new Error('nobody listens to the job any more'))
    await settled
  }
  await finished
}
