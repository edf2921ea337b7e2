import type { Stage } from '../contract/run.ts'
import type { JobEvent } from '../pipeline/job.ts'
import type { EngineOrder } from './messages.ts'

/** Why a run is stopped, as the reason of its abort signal. */
export type StopReason = 'cancelled' | 'interrupted' | 'paused'

/** How a run at work is steered. */
export interface RunControl {
  readonly signal: AbortSignal
  /** Whether its engine waits in place, with all it has in memory. */
  readonly held: boolean
  /** Whether engines yield to other programs. */
  readonly low: boolean
  stop(reason: StopReason): void
  /**
   * Writing is stopped, now or when the layer at work is written: finished layers lie on disk. Any other stage keeps nothing, so its engine
   * is held in place.
   */
  pause(when: 'now' | 'layer'): void
  /** Takes a pause back that has not stopped the run yet. @returns whether there was one */
  goOn(): boolean
  setPriority(low: boolean): void
  /** An engine has started and hears orders. */
  onStart(send: (order: EngineOrder) => void): void
  /** What it tells. */
  onEvent(event: JobEvent): void
  /** The run begins to write before its engine says so. */
  enter(stage: Stage): void
}

/** @param onHeld the engine now waits in place */
export function createRunControl(lowAtFirst: boolean, onHeld: () => void): RunControl {
  const abort = new AbortController()
  let send: (order: EngineOrder) => void = () => {}
  let stage: Stage = 'open'
  let low = lowAtFirst
  let held = false
  let afterLayer = false
  const hold = (): void => {
    afterLayer = false
    if (held || abort.signal.aborted) return
    held = true
    send({ kind: 'hold', held })
    onHeld()
  }
  return {
    signal: abort.signal,
    get held() {
      return held
    },
    get low() {
      return low
    },
    stop: (reason) => {
      abort.abort(reason)
    },
    pause(when) {
      if (stage !== 'compress') hold()
      else if (when === 'layer') afterLayer = true
      else abort.abort('paused' satisfies StopReason)
    },
    goOn() {
      const paused = held || afterLayer
      if (held) send({ kind: 'hold', held: false })
      held = false
      afterLayer = false
      return paused
    },
    setPriority(wished) {
      low = wished
      send({ kind: 'priority', low })
    },
    onStart(sendOrder) {
      send = sendOrder
      if (held) send({ kind: 'hold', held })
    },
    onEvent(event) {
      if (event.kind === 'stage' && event.state === 'started') stage = event.stage
      if (!afterLayer) return
      if (event.kind === 'layer') abort.abort('paused' satisfies StopReason)
      else if (stage !== 'compress') hold()
    },
    enter: (next) => {
      stage = next
    },
  }
}
