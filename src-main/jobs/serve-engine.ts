import { setImmediate as turn } from 'node:timers/promises'
import type { DeviceProfile } from '../contract/calls.ts'
import { toErrorShape } from '../contract/errors.ts'
import type { Job, JobEvent } from '../pipeline/job.ts'
import { peakMemoryBytes } from '../pipeline/peak-memory.ts'
import type { EnginePort } from './engine-port.ts'
import { HEARTBEAT_MS, type FromEngine, type ToEngine } from './messages.ts'

/** What an engine can be asked for. Loaded when asked, so that a library that fails to load is told, not died of. */
export interface EngineWork {
  runJob(job: Job, signal: AbortSignal): AsyncIterable<JobEvent>
  probeDevices(): Promise<DeviceProfile[]>
}

/** Serves one job or one probe over `port`, with a heartbeat, until the parent closes the channel; then the process ends. */
export function serveEngine(port: EnginePort, work: EngineWork): void {
  const abort = new AbortController()
  const beat = () => port.send({ kind: 'heartbeat', memoryBytes: process.memoryUsage.rss(), peakMemoryBytes: peakMemoryBytes() })
  const heart = setInterval(beat, HEARTBEAT_MS)
  port.onClose(() => process.exit(0))
  port.onMessage((message) => {
    const order = message as ToEngine // our own parent's, see messages.ts
    if (order.kind === 'abort') return abort.abort()
    beat()
    void answer(order, work, abort.signal, (event) => port.send({ kind: 'event', event })).then((lastWord) => {
      clearInterval(heart)
      beat()
      port.send(lastWord)
    })
  })
}

async function answer(
  order: Exclude<ToEngine, { kind: 'abort' }>, work: EngineWork, signal: AbortSignal, tell: (event: JobEvent) => void,
): Promise<FromEngine> {
  try {
    if (order.kind === 'probe') return { kind: 'probed', devices: await work.probeDevices() }
    for await (const event of work.runJob(order.job, signal)) {
      tell(event)
      // A job that never waits for the outside would starve the heartbeat and the abort message: give both their turn.
      await turn()
      if (signal.aborted) return { kind: 'aborted' }
    }
    return { kind: 'finished' }
  } catch (error) {
    return signal.aborted ? { kind: 'aborted' } : { kind: 'failed', error: toErrorShape(error) }
  }
}
