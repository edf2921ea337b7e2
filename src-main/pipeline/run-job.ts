import { eventsOf } from './events.ts'
import { finish } from './finish.ts'
import type { Job, JobEvent } from './job.ts'
import { judge } from './judge.ts'
import { prepare } from './prepare.ts'

/**
 * Runs one job and yields what it tells while it works. Stops with the signal's reason soon after an abort (within one expert or
 * one piece of a tensor). Failures are thrown after the events that came before them. Leaving the loop early stops the job as well.
 */
export function runJob(job: Job, signal: AbortSignal): AsyncGenerator<JobEvent> {
  return eventsOf(signal, (emit, stop) => {
    switch (job.kind) {
      case 'prepare': return prepare(job, stop, emit)
      case 'finish': return finish(job, stop, emit)
      case 'judge': return judge(job, stop, emit)
    }
  })
}
