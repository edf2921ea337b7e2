import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Gauges } from '../contract/machine.ts'
import type { SampleCard } from '../jobs/gauges.ts'

const MIB = 2 ** 20
const ANSWER_MS = 4000

/** The card is asked this often at most: its program takes a moment of a core each time. */
const PAUSE_MS = 2000

/** How NVIDIA's first card is, as their own program tells; null where there is none. */
async function askNvidiaGauge(): Promise<Gauges['card']> {
  const words = ['--query-gpu=memory.used,memory.total,utilization.gpu,temperature.gpu', '--format=csv,noheader,nounits', '--id=0']
  const { stdout } = await promisify(execFile)('nvidia-smi', words, { timeout: ANSWER_MS, windowsHide: true })
  return parseNvidiaGauge(stdout)
}

/** A line like "1830, 24564, 97, 61": MiB, MiB, percent, degrees Celsius; "[N/A]" for what a card does not tell. */
export function parseNvidiaGauge(line: string): Gauges['card'] {
  const [used = null, total = null, busy = null, celsius = null] = line
    .trim()
    .split(',')
    .map((field) => (/^\s*\d+(\.\d+)?\s*$/.test(field) ? Number(field) : null))
  if (used === null || total === null) return null
  return { usedBytes: Math.round(used * MIB), totalBytes: Math.round(total * MIB), busy: busy === null ? null : busy / 100, celsius }
}

/**
 * How the graphics card was when it was last asked. A run's gauges never wait for it: an answer that is underway serves the next look. A
 * machine without such a program is not asked again, nor is a card that failed twice in a row.
 */
export function createCardGauge(
  ask: () => Promise<Gauges['card']> = askNvidiaGauge,
  now: () => number = () => performance.now(),
): SampleCard {
  let last: Gauges['card'] = null
  let askedAt = -Infinity
  let asking = false
  let there = true
  return async () => {
    if (there && !asking && now() - askedAt >= PAUSE_MS) {
      asking = true
      askedAt = now()
      void ask()
        .then(
          (card) => {
            last = card
          },
          () => {
            there = last !== null
            last = null
          },
        )
        .finally(() => {
          asking = false
        })
    }
    return last
  }
}
