import { checkFirstLayer } from './check/check-first-layer.ts'
import { answer } from './answer.ts'
import { eventsOf } from './events.ts'
import { finish } from './finish.ts'
import type { Gate } from './gate.ts'
import type { Job, JobEvent } from './job.ts'
import { judge } from './judge.ts'
import { prepare } from './prepare.ts'

/**
 * Runs one job and yields what it tells while it works. Stops with the signal's reason soon after an abort (within one expert or
 * one piece of a tensor), and waits while the gate is closed. Failures are thrown after the events that came before them. Leaving the loop
 * early stops the job as well.
 */
export function runJob(job: Job, signal: AbortSignal, gate: Gate | null = null): AsyncGenerator<JobEvent> {
  return eventsOf(signal, (emit, stop) => {
    switch (job.kind) {
      case 'prepare':
        return prepare(job, stop, emit, gate)
      case 'finish':
        return finish(job, stop, emit, gate)
      case 'judge':
        return judge(job, stop, emit, gate)
      case 'check':
        return checkFirstLayer(job, stop, emit)
      case 'answer':
        return answer(job, stop, emit, gate)
    }
  })
}
