/** Time constant of the smoothed rate: what happened this long ago counts for a third. */
const MEMORY_SECONDS = 20
/** No estimate before this much work has been watched. */
const WARM_UP_SECONDS = 2

/** How far a job is, told honestly: units never fall, and the time left follows the smoothed rate of units. */
export interface ProgressMeter {
  /** Takes note of work units; returns the units to show. */
  update(done: number, total: number): { done: number; total: number }
  elapsedSeconds(): number
  /** Seconds left, or null while unknown. */
  etaSeconds(): number | null
}

/** @param now milliseconds of a clock that never goes back */
export function createProgressMeter(now: () => number = () => performance.now()): ProgressMeter {
  const start = now()
  let last: { at: number; done: number; total: number } | null = null
  let watched = 0
  // Units and seconds of the past, both fading alike; their quotient is the rate.
  let units = 0
  let seconds = 0
  return {
    update(done, total) {
      const at = now()
      if (last !== null) {
        const passed = (at - last.at) / 1000
        const fade = Math.exp(-passed / MEMORY_SECONDS)
        units = units * fade + Math.max(done - last.done, 0)
        seconds = seconds * fade + passed
        watched += passed
      }
      const shown = Math.max(done, last?.done ?? 0)
      last = { at, done: shown, total: Math.max(total, shown) }
      return { done: last.done, total: last.total }
    },
    elapsedSeconds: () => (now() - start) / 1000,
    etaSeconds() {
      if (last === null || watched < WARM_UP_SECONDS || units <= 0) return null
      const sinceLast = (now() - last.at) / 1000
      return Math.max(((last.total - last.done) * seconds) / units - sinceLast, 0)
    },
  }
}
