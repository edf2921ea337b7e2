import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { RunEvent } from '../../src-main/contract/events.ts'
import type { RunState } from '../../src-main/contract/run.ts'
import { forkEngine } from '../../src-main/hosts/engine-process.ts'
import type { EngineHandle } from '../../src-main/jobs/messages.ts'
import { createRunner, type Runner, type RunnerOptions } from '../../src-main/jobs/runner.ts'
import { WORKING } from '../../src-main/store/runs.ts'
import type { Store } from '../../src-main/store/store.ts'
import { temporaryStore } from '../store/example.ts'

export const FAKE_ENGINE = fileURLToPath(new URL('./fake-engine.ts', import.meta.url))

export interface FakeRunner {
  store: Store
  runner: Runner
  engines: EngineHandle[]
  events: RunEvent[]
  /** Waits until a run is in one of `states`. */
  until(runId: string, ...states: RunState[]): Promise<RunState>
  /** Waits for an event. */
  heard(matches: (event: RunEvent) => boolean): Promise<RunEvent>
}

/** A runner over real processes of the fake engine. */
export function fakeRunner(store: Store = temporaryStore(), options: RunnerOptions = {}): FakeRunner {
  const engines: EngineHandle[] = []
  const runner = createRunner(
    store,
    () => {
      const engine = forkEngine(FAKE_ENGINE)
      engines.push(engine)
      return engine
    },
    '/resources',
    options,
  )
  onTestFinished(() => runner.close())
  const events: RunEvent[] = []
  runner.subscribe((event) => events.push(event))
  const heard = (matches: (event: RunEvent) => boolean): Promise<RunEvent> =>
    new Promise((resolve) => {
      const earlier = events.find(matches)
      if (earlier !== undefined) return resolve(earlier)
      let stop: () => void = () => {}
      stop = runner.subscribe((event) => {
        if (matches(event)) {
          stop()
          resolve(event)
        }
      })
    })
  const until = async (runId: string, ...states: RunState[]): Promise<RunState> => {
    const event = (await heard((e) => e.kind === 'state' && e.runId === runId && !WORKING.includes(e.state))) as Extract<
      RunEvent,
      { kind: 'state' }
    >
    if (!states.includes(event.state)) throw new Error(`the run became ${event.state}: ${JSON.stringify(event.error)}`)
    events.length = 0
    return event.state
  }
  return { store, runner, engines, events, until, heard }
}
