/** Work that is known to come: units left of the phase at work, and of the phases after it. */
interface Left { readonly phase: number; readonly later: number }

/** Range that the rest of a job should take, from how fast its units were done so far. */
export interface RangeMeter {
  /** @param phaseEnd units at which the phase at work ends; units of later phases may take much longer or shorter */
  update(done: number, phaseEnd: number, total: number): void
  /** Seconds left; null while there is too little to tell from. */
  range(): { low: number; high: number } | null
}

/** No estimate before this much of a phase has been watched. */
const WARM_UP_SECONDS = 2
/** Parts of the phase so far whose rates are compared: the whole of it, and what was last. */
const LOOKBACKS = [1, 1 / 2, 1 / 4, 1 / 8]
/** A stall may make the rest look this much longer than the mean rate does, no more. */
const LONGEST_STALL = 4
/** How much the ends are moved apart: at a phase's beginning, and at its end. */
const WIDEST = 0.6
const NARROWEST = 0.12
/** Units are guesses of effort: a later phase's may take this many times longer or shorter than those at work now. */
const LATER = 4
/** Opening, closing and the like, which no unit stands for. */
const SLACK_SECONDS = 1
/** Samples kept of a phase; beyond, every second one goes. */
const KEPT = 512

/** @param now milliseconds of a clock that never goes back */
export function createRangeMeter(now: () => number): RangeMeter {
  let samples: { at: number; done: number }[] = []
  let end = 0
  let left: Left = { phase: 0, later: 0 }
  return {
    update(done, phaseEnd, total) {
      const at = now() / 1000
      if (phaseEnd !== end) samples = [{ at, done }]
      end = phaseEnd
      left = { phase: Math.max(phaseEnd - done, 0), later: Math.max(total - Math.max(phaseEnd, done), 0) }
      samples.push({ at, done })
      if (samples.length > KEPT) samples = samples.filter((_, index) => index % 2 === 0 || index === samples.length - 1)
    },
    range() {
      const rates = ratesOf(samples, now() / 1000)
      return rates === null ? null : spread(rates, left, doneShare(samples, end))
    },
  }
}

/** Slowest and fastest of the mean rates over the lookbacks, units a second. */
function ratesOf(samples: readonly { at: number; done: number }[], at: number): { slow: number; fast: number } | null {
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined) return null
  const watched = at - first.at
  const mean = (last.done - first.done) / watched
  if (watched < WARM_UP_SECONDS || !(mean > 0)) return null
  const rates = LOOKBACKS.map((part) => {
    const from = at - watched * part
    const before = samples.findLast((sample) => sample.at <= from) ?? first
    return Math.max((last.done - before.done) / (at - before.at), mean / LONGEST_STALL)
  })
  return { slow: Math.min(...rates), fast: Math.max(...rates) }
}

function doneShare(samples: readonly { done: number }[], end: number): number {
  const [first, last] = [samples[0]?.done ?? 0, samples.at(-1)?.done ?? 0]
  return end <= first ? 1 : Math.min(1, (last - first) / (end - first))
}

function spread({ slow, fast }: { slow: number; fast: number }, { phase, later }: Left, share: number): { low: number; high: number } {
  const apart = 1 + NARROWEST + (WIDEST - NARROWEST) * (1 - share)
  return {
    low: phase / fast / apart + later / fast / LATER,
    high: (phase / slow) * apart + (later / slow) * LATER + SLACK_SECONDS,
  }
}
