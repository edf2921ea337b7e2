import { setImmediate as turn } from 'node:timers/promises'
import type { DeviceProfile } from '../contract/calls.ts'
import { toErrorShape } from '../contract/errors.ts'
import { createGate, type Gate } from '../pipeline/gate.ts'
import type { Job, JobEvent } from '../pipeline/job.ts'
import { peakMemoryBytes } from '../pipeline/peak-memory.ts'
import type { EnginePort } from './engine-port.ts'
import { HEARTBEAT_MS, type EngineOrder, type FromEngine, type ToEngine } from './messages.ts'
import { yieldToOthers } from './priority.ts'
import { writtenBytes } from './written-bytes.ts'

/** What an engine can be asked for. Loaded when asked, so that a library that fails to load is told, not died of. */
export interface EngineWork {
  /** Waits while the gate is closed. */
  runJob(job: Job, signal: AbortSignal, gate: Gate): AsyncIterable<JobEvent>
  probeDevices(): Promise<DeviceProfile[]>
}

/** Serves one job or one probe over `port`, with a heartbeat, until the parent closes the channel; then the process ends. */
export function serveEngine(port: EnginePort, work: EngineWork): void {
  const abort = new AbortController()
  const gate = createGate()
  const beat = () =>
    port.send({
      kind: 'heartbeat',
      memoryBytes: process.memoryUsage.rss(),
      peakMemoryBytes: peakMemoryBytes(),
      writtenBytes: writtenBytes(),
    })
  const heart = setInterval(beat, HEARTBEAT_MS)
  const tell = (event: JobEvent) => port.send({ kind: 'event', event })
  port.onClose(() => process.exit(0))
  port.onMessage((message) => {
    const order = message as ToEngine // our own parent's, see messages.ts
    switch (order.kind) {
      case 'abort':
        abort.abort()
        return gate.hold(false) // what waits there is to find the signal
      case 'hold':
        return gate.hold(order.held)
      case 'priority':
        return setPriority(order.low, tell)
      case 'job':
      case 'probe':
        break
      default:
        return // a host's own message, see hosts/electron/engine-messages.ts
    }
    beat()
    if (order.kind === 'job' && order.low) setPriority(true, tell)
    void answer(order, work, { signal: abort.signal, gate }, tell).then((lastWord) => {
      clearInterval(heart)
      beat()
      port.send(lastWord)
    })
  })
}

/** Going back up is a privilege on some systems: then it is told, and the next engine starts as it was wished. */
function setPriority(low: boolean, tell: (event: JobEvent) => void): void {
  const obstacle = yieldToOthers(low)
  if (obstacle !== null) tell({ kind: 'log', level: 'warn', line: { say: 'priority-stays', said: obstacle } })
}

async function answer(
  order: Exclude<ToEngine, { kind: 'abort' } | EngineOrder>,
  work: EngineWork,
  { signal, gate }: { signal: AbortSignal; gate: Gate },
  tell: (event: JobEvent) => void,
): Promise<FromEngine> {
  try {
    if (order.kind === 'probe') return { kind: 'probed', devices: await work.probeDevices() }
    for await (const event of work.runJob(order.job, signal, gate)) {
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
