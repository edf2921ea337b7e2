import * as z from 'zod'
import { DeviceProfile } from '../contract/calls.ts'
import { ErrorShape } from '../contract/error-shape.ts'
import type { Job, JobEvent } from '../pipeline/job.ts'

/** What may be asked of an engine at work: to wait in place and to go on, to yield to other programs. */
export type EngineOrder = { kind: 'hold'; held: boolean } | { kind: 'priority'; low: boolean }

/** What the parent asks of an engine process. One job or one probe per process; 'abort' ends the job early. */
export type ToEngine = { kind: 'job'; job: Job; low: boolean } | { kind: 'probe' } | { kind: 'abort' } | EngineOrder

/** What an engine process says. The last word of a job is 'finished', 'aborted' or 'failed'; of a probe 'probed' or 'failed'. */
export type FromEngine =
  | { kind: 'event'; event: JobEvent }
  /** Memory now and at most; bytes written to disks so far, null where the system does not tell. */
  | { kind: 'heartbeat'; memoryBytes: number; peakMemoryBytes: number; writtenBytes: number | null }
  | { kind: 'probed'; devices: DeviceProfile[] }
  | { kind: 'finished' }
  | { kind: 'aborted' }
  | { kind: 'failed'; error: ErrorShape }

/** How often an engine says that it lives. */
export const HEARTBEAT_MS = 1000

/** Time an engine gets to stop by itself after 'abort', or to exit after its last word; then it is killed. */
export const GRACE_MS = 3000

/**
 * How an engine process ended: by itself with a code, or by a signal; neither where the system did not tell. `stderr` is the tail of what
 * it printed.
 */
export interface EngineExit {
  readonly code: number | null
  readonly signal: string | null
  readonly stderr: string
}

/** A running engine process, as its parent holds it. */
export interface EngineHandle {
  /** A process that is gone hears nothing; `onExit` tells of it. */
  send(message: ToEngine): void
  onMessage(listener: (message: unknown) => void): void
  /** Called once, also when the process could not be started. */
  onExit(listener: (exit: EngineExit) => void): void
  /** Asks the process to end, by closing the channel. */
  close(): void
  /** Ends it at once, without a chance to object. */
  kill(): void
}

/** Starts an engine process. Hosts provide it: node's fork, Electron's utilityProcess. */
export type SpawnEngine = () => EngineHandle

const Heartbeat = z.object({
  kind: z.literal('heartbeat'),
  memoryBytes: z.number(),
  peakMemoryBytes: z.number(),
  writtenBytes: z.number().nullable(),
})
const Envelope = z.discriminatedUnion('kind', [
  // The event itself comes from our own code in our own process: its fields are checked where they are stored.
  z.object({
    kind: z.literal('event'),
    event: z.custom<JobEvent>((value) => typeof value === 'object' && value !== null && 'kind' in value),
  }),
  Heartbeat,
  z.object({ kind: z.literal('probed'), devices: z.array(DeviceProfile) }),
  z.object({ kind: z.literal('finished') }),
  z.object({ kind: z.literal('aborted') }),
  z.object({ kind: z.literal('failed'), error: ErrorShape }),
])

/** Reads a message of an engine process; anything else on the channel is a bug. */
export function parseFromEngine(message: unknown): FromEngine {
  return Envelope.parse(message)
}
