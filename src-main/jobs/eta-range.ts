/** Units done at a second. */
interface Sample {
  readonly at: number
  readonly done: number
}
/** Units a second. */
interface Rates {
  readonly slow: number
  readonly fast: number
}
/** Work that is known to come: units left of the phase at work, and of the phases after it. */
interface Left {
  readonly phase: number
  readonly later: number
}

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
/** Units are guesses of effort: a later phase's may take this many times longer, or shorter, than those done so far. */
const LATER = { longer: 4, shorter: 6 }
/**
 * Share of the job a phase must have done before its own rate says something of later phases, and any part of the job before anything does.
 */
const TELLING = 0.03
/** Opening, closing and the like, which no unit stands for. */
const SLACK_SECONDS = 1
/** Samples kept of a phase; beyond, every second one goes. */
const KEPT = 512

/** @param now milliseconds of a clock that never goes back */
export function createRangeMeter(now: () => number): RangeMeter {
  let samples: Sample[] = []
  let begun: Sample | null = null
  let end = 0
  let whole = 0
  return {
    update(done, phaseEnd, total) {
      const sample = { at: now() / 1000, done }
      begun ??= sample
      if (phaseEnd !== end) samples = []
      end = phaseEnd
      whole = total
      samples.push(sample)
      if (samples.length > KEPT) samples = samples.filter((_, index) => index % 2 === 0 || index === samples.length - 1)
    },
    range() {
      const [first, last, at] = [samples[0], samples.at(-1), now() / 1000]
      const own = ratesOf(samples, at)
      if (begun === null || first === undefined || last === undefined || own === null) return null
      const left: Left = { phase: Math.max(end - last.done, 0), later: Math.max(whole - Math.max(end, last.done), 0) }
      const overall = (last.done - begun.done) / (at - begun.at)
      const telling = TELLING * whole
      if (left.later > 0 && last.done - begun.done < telling) return null
      const isTelling = last.done - first.done >= telling
      const later = isTelling ? { slow: Math.min(own.slow, overall), fast: Math.max(own.fast, overall) } : { slow: overall, fast: overall }
      return spread(own, later, left, end <= first.done ? 1 : Math.min(1, (last.done - first.done) / (end - first.done)))
    },
  }
}

/** Slowest and fastest of the mean rates over the lookbacks, units a second. */
function ratesOf(samples: readonly Sample[], at: number): Rates | null {
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

function spread(own: Rates, others: Rates, { phase, later }: Left, share: number): { low: number; high: number } {
  const apart = 1 + NARROWEST + (WIDEST - NARROWEST) * (1 - share)
  return {
    low: phase / own.fast / apart + later / others.fast / LATER.shorter,
    high: (phase / own.slow) * apart + (later / others.slow) * LATER.longer + SLACK_SECONDS,
  }
}
