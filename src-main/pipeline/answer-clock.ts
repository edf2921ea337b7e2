/** Counts an answer's tokens and their time. */
export interface AnswerClock {
  start(): void
  /** A token is there. */
  count(): void
  /** Seconds a token takes: of those after the first, which also waits for the prompt; of the first while there is no other. */
  measured(): { tokens: number; secondsPerToken: number }
}

/** @param now milliseconds; for tests */
export function createAnswerClock(now: () => number = () => performance.now()): AnswerClock {
  let [begun, first, last, tokens] = [now(), 0, 0, 0]
  return {
    start: () => {
      begun = now()
    },
    count() {
      last = now()
      if (tokens === 0) first = last
      tokens++
    },
    measured() {
      const spent = tokens > 1 ? (last - first) / (tokens - 1) : tokens === 1 ? first - begun : 0
      return { tokens, secondsPerToken: spent / 1000 }
    },
  }
}
