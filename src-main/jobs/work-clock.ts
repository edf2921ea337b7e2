/** A clock that stands still while the work is held. Milliseconds. */
export interface WorkClock {
  now(): number
  hold(held: boolean): void
}

/** @param real milliseconds of a clock that never goes back */
export function createWorkClock(real: () => number = () => performance.now()): WorkClock {
  let lost = 0
  let since: number | null = null
  return {
    now: () => (since ?? real()) - lost,
    hold(held) {
      if (held) since ??= real()
      else if (since !== null) {
        lost += real() - since
        since = null
      }
    },
  }
}
