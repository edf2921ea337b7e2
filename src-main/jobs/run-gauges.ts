import type { RunEvent } from '../contract/events.ts'
import type { Gauges } from '../contract/machine.ts'
import { changeRun } from '../store/runs.ts'
import type { Store } from '../store/store.ts'
import type { Memory } from './execute.ts'
import { addSample } from './gauge-log.ts'
import { createGaugeSampler, type SampleCard } from './gauges.ts'
import type { PatientWrites } from './patient-writes.ts'

/** Time between two looks at the machine. */
const SAMPLE_MS = 1000
/** Time between two times the samples are written down. */
const KEEP_MS = 30_000

/** The machine's state while a run works: told once a second, kept with the run. */
export interface RunGauges {
  onMemory(memory: Memory): void
  /** Ends the looking and writes down what was seen. */
  stop(): Promise<void>
}

interface GaugeInput {
  readonly store: Store
  readonly writes: PatientWrites
  readonly runId: string
  /** Samples of earlier work on the run. */
  readonly earlier: readonly Gauges[]
  readonly path: () => string
  readonly sampleCard: SampleCard | null
  /** Of the run's work, this time. */
  readonly elapsedSeconds: () => number
  tell(event: RunEvent): void
}

export function watchGauges({ store, writes, runId, earlier, path, sampleCard, elapsedSeconds, tell }: GaugeInput): RunGauges {
  const sampler = createGaugeSampler(path, sampleCard)
  const begun = earlier.at(-1)?.at ?? 0
  let samples: readonly Gauges[] = earlier
  let memory: Memory | null = null
  let looking: Promise<void> = Promise.resolve()
  let isLooking = false
  let kept = performance.now()
  const keep = (): void => {
    kept = performance.now()
    const seen = samples
    writes.write(() => changeRun(store, runId, { gauges: seen }))
  }
  const look = async (seen: Memory): Promise<void> => {
    const gauges = await sampler.sample(begun + elapsedSeconds(), seen)
    samples = addSample(samples, gauges)
    tell({ kind: 'gauges', runId, gauges })
    if (performance.now() - kept >= KEEP_MS) keep()
  }
  let complained = false
  const complainOnce = (error: unknown): void => {
    if (!complained) tell({ kind: 'log', runId, level: 'warn', line: { say: 'machine-unseen', said: String(error) } })
    complained = true
  }
  const timer = setInterval(() => {
    if (memory === null || isLooking) return
    isLooking = true
    looking = look(memory)
      .catch(complainOnce)
      .finally(() => {
        isLooking = false
      })
  }, SAMPLE_MS)
  return {
    onMemory: (now) => {
      memory = now
    },
    async stop() {
      clearInterval(timer)
      await looking
      keep()
    },
  }
}
