import { expect, test } from 'vitest'
import { createRangeMeter } from '../../src-main/jobs/eta-range.ts'
import { createWorkClock } from '../../src-main/jobs/work-clock.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'

/** A job of phases, each of `units` done at `rate(second)` units a second; how often the real rest lay in the range told. */
function play(phases: readonly { units: number; rate: (second: number) => number }[]) {
  const total = phases.reduce((sum, { units }) => sum + units, 0)
  const seen: { at: number; range: { low: number; high: number } | null; done: number }[] = []
  let ms = 0
  const meter = createRangeMeter(() => ms)
  let before = 0
  for (const { units, rate } of phases) {
    let own = 0
    for (; own < units; ms += 250) {
      meter.update(before + own, before + units, total)
      seen.push({ at: ms / 1000, range: meter.range(), done: before + own })
      own = Math.min(units, own + rate(ms / 1000) / 4)
    }
    before += units
  }
  const end = ms / 1000
  const told = seen.flatMap(({ at, range }) => (range === null ? [] : [{ rest: end - at, at, ...range }]))
  const right = told.filter(({ rest, low, high }) => low <= rest && rest <= high)
  return { told, share: right.length / told.length, end }
}

test('nothing is told before two seconds, nor while nothing was done', () => {
  const { told } = play([{ units: 100, rate: (second) => (second < 5 ? 0 : 5) }])
  expect(told[0]?.at).toBeGreaterThan(5)
})

test('at an even rate the rest lies in the range, which narrows', () => {
  const { told, share } = play([{ units: 600, rate: () => 6 }])
  expect(share).toBe(1)
  const width = told.map(({ low, high, rest }) => (high - low) / rest)
  expect(width[Math.floor(width.length * 0.8)]).toBeLessThan((width[0] ?? 0) / 2)
})

test('at uneven rates the rest lies in the range nearly always', () => {
  const random = seededRandom(3)
  const { share } = play([{ units: 600, rate: () => 12 * random() }])
  expect(share).toBeGreaterThan(0.95)
})

test('a stall widens the range and leaves it true', () => {
  const stalls = (second: number): number => (second >= 40 && second < 55 ? 0 : 6)
  const { told, share } = play([{ units: 600, rate: stalls }])
  expect(share).toBeGreaterThan(0.9)
  const high = (at: number): number => told.find((one) => one.at >= at)?.high ?? 0
  expect(high(54)).toBeGreaterThan(1.5 * high(39))
  expect(told.every((one) => Number.isFinite(one.high) && one.low <= one.high)).toBe(true)
})

test('phases whose units take twice or half as long stay in the range', () => {
  const { share } = play([
    { units: 100, rate: () => 4 },
    { units: 200, rate: () => 8 },
    { units: 100, rate: () => 2 },
  ])
  expect(share).toBeGreaterThan(0.9)
})

test('time in which the work is held does not count', () => {
  let ms = 0
  const clock = createWorkClock(() => ms)
  ms = 1000
  clock.hold(true)
  ms = 61_000
  expect(clock.now()).toBe(1000)
  clock.hold(false)
  ms = 62_000
  expect(clock.now()).toBe(2000)
})
