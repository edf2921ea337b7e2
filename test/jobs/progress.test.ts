import { expect, test } from 'vitest'
import { createProgressMeter } from '../../src-main/jobs/progress.ts'

function meter() {
  const clock = { seconds: 0 }
  return { clock, meter: createProgressMeter(() => clock.seconds * 1000) }
}

test('steady work is estimated rightly after a warm-up, and the estimate runs down between units', () => {
  const { clock, meter: m } = meter()
  for (clock.seconds = 0; clock.seconds <= 10; clock.seconds++) {
    m.update(clock.seconds * 3, 300)
    if (clock.seconds < 2) expect(m.etaSeconds()).toBeNull()
  }
  clock.seconds = 10
  expect(m.etaSeconds()).toBeCloseTo(90, 6)
  clock.seconds = 14
  expect(m.etaSeconds()).toBeCloseTo(86, 6)
  expect(m.elapsedSeconds()).toBe(14)
})

test('the estimate follows a change of pace within a minute', () => {
  const { clock, meter: m } = meter()
  for (clock.seconds = 0; clock.seconds < 60; clock.seconds++) m.update(clock.seconds * 10, 2000)
  for (let slow = 0; slow < 60; slow++, clock.seconds++) m.update(600 + slow, 2000)
  const left = 2000 - 659
  expect(m.etaSeconds()).toBeGreaterThan(left * 0.6)
})

test('work finished in an earlier life does not count as speed', () => {
  const { clock, meter: m } = meter()
  m.update(500, 1000)
  for (clock.seconds = 1; clock.seconds <= 10; clock.seconds++) m.update(500 + clock.seconds, 1000)
  clock.seconds = 10
  expect(m.etaSeconds()).toBeCloseTo(490, 6)
})

test('units never fall, and never pass their total', () => {
  const { meter: m } = meter()
  expect(m.update(5, 10)).toEqual({ done: 5, total: 10 })
  expect(m.update(3, 10)).toEqual({ done: 5, total: 10 })
  expect(m.update(12, 10)).toEqual({ done: 12, total: 12 })
})
