import { totalmem } from 'node:os'
import type { DeviceProfile } from '../contract/calls.ts'
import type { ErrorShape } from '../contract/error-shape.ts'
import { ExpectedError, fromErrorShape, toErrorShape } from '../contract/errors.ts'
import type { Job, JobEvent } from '../pipeline/job.ts'
import { nameAll } from '../pipeline/resource-names.ts'
import {
  GRACE_MS,
  parseFromEngine,
  type EngineExit,
  type EngineHandle,
  type EngineOrder,
  type FromEngine,
  type SpawnEngine,
  type ToEngine,
} from './messages.ts'

/** How a job ended. 'crashed': the process went without a word (killed, out of memory, a fault in native code). */
export type Outcome = { kind: 'finished' } | { kind: 'aborted' } | { kind: 'failed' | 'crashed'; error: ErrorShape }

/** Memory of the engine, now and at most so far, and what it has written to disks (null where the system does not tell), in bytes. */
export interface Memory {
  readonly memoryBytes: number
  readonly peakMemoryBytes: number
  readonly writtenBytes: number | null
}

/** Who listens to a job. */
export interface Watcher {
  readonly signal: AbortSignal
  /** Whether the engine yields to other programs from its start. */
  readonly low?: boolean
  /** The engine is there and hears orders. */
  onStart?(send: (order: EngineOrder) => void): void
  onEvent(event: JobEvent): void
  onMemory?(memory: Memory): void
}

/**
 * Runs one job in an engine process of its own and waits until that process is gone. Abort: the engine is asked to stop, and
 * killed after {@link GRACE_MS}. What it tells says by name what comes with Whittle. Never throws for what happens in the engine.
 */
export async function executeJob(spawn: SpawnEngine, job: Job, watcher: Watcher): Promise<Outcome> {
  if (watcher.signal.aborted) return { kind: 'aborted' }
  const { resources } = job.folders
  const engine = spawn()
  const seen: Seen = { layer: null, peakMemoryBytes: 0 }
  const stop = (): void => {
    engine.send({ kind: 'abort' })
    setTimeout(() => engine.kill(), GRACE_MS).unref()
  }
  watcher.signal.addEventListener('abort', stop, { once: true })
  try {
    const hear = (message: FromEngine): void => listen(nameAll(message, resources), watcher, seen)
    const over = converse(engine, { kind: 'job', job, low: watcher.low ?? false }, hear)
    watcher.onStart?.((order) => engine.send(order))
    const [lastWord, exit] = await over
    if (lastWord?.kind === 'finished' || lastWord?.kind === 'aborted' || lastWord?.kind === 'failed') return nameAll(lastWord, resources)
    if (watcher.signal.aborted) return { kind: 'aborted' }
    return { kind: 'crashed', error: toErrorShape(crash(exit, seen)) }
  } finally {
    watcher.signal.removeEventListener('abort', stop)
  }
}

/**
 * Asks an engine process of its own what this machine can compute on.
 * @throws ExpectedError 'engine-crashed', or what the probe failed with
 */
export async function executeProbe(spawn: SpawnEngine): Promise<DeviceProfile[]> {
  const [lastWord, exit] = await converse(spawn(), { kind: 'probe' }, () => {})
  if (lastWord?.kind === 'probed') return lastWord.devices
  if (lastWord?.kind === 'failed') throw fromErrorShape(lastWord.error)
  throw crash(exit, { layer: null, peakMemoryBytes: 0 })
}

/** What is known of an engine's work when it dies. */
interface Seen {
  layer: number | null
  peakMemoryBytes: number
}

function listen(message: FromEngine, watcher: Watcher, seen: Seen): void {
  if (message.kind === 'heartbeat') {
    seen.peakMemoryBytes = message.peakMemoryBytes
    watcher.onMemory?.(message)
  }
  if (message.kind === 'event') {
    if (message.event.kind === 'progress' && message.event.layer !== null) seen.layer = message.event.layer
    watcher.onEvent(message.event)
  }
}

/** Sends one order and listens until the process has ended; gives its last word, if it had one, and how it ended. */
function converse(
  engine: EngineHandle,
  order: ToEngine,
  listener: (message: FromEngine) => void,
): Promise<[FromEngine | null, EngineExit]> {
  return new Promise((resolve, reject) => {
    let lastWord: FromEngine | null = null
    engine.onExit((exit) => resolve([lastWord, exit]))
    engine.onMessage((raw) => {
      try {
        const message = parseFromEngine(raw)
        listener(message)
        if (message.kind === 'event' || message.kind === 'heartbeat') return
        lastWord = message
        engine.close()
        setTimeout(() => engine.kill(), GRACE_MS).unref()
      } catch (error) {
        engine.kill()
        reject(error)
      }
    })
    engine.send(order)
  })
}

function crash(exit: EngineExit, seen: Seen): ExpectedError {
  return new ExpectedError('engine-crashed', {
    signal: exit.signal,
    exitCode: exit.code,
    lastLayer: seen.layer,
    peakMemoryBytes: seen.peakMemoryBytes,
    totalMemoryBytes: totalmem(),
    output: exit.stderr,
  })
}
