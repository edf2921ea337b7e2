import { describe, expect, it } from 'vitest'
import { gauge, MOST_SAMPLES, newGauges } from '../../../src-renderer/stores/live-gauges.ts'
import { fakeGauges } from '../fake/fake-gauges.ts'

describe('gauges of a run', () => {
  it('keep the whole length of a long run in few samples', () => {
    const history = newGauges()
    for (let at = 0; at < 9000; at += 1) gauge(history, fakeGauges(at))
    expect(history.samples.length).toBeLessThanOrEqual(MOST_SAMPLES)
    expect(history.samples.length).toBeGreaterThan(MOST_SAMPLES / 4)
    expect(history.samples[0]?.at).toBe(0)
    expect(history.last?.at).toBe(8999)
    const steps = history.samples.slice(1).map(({ at }, index) => at - (history.samples[index]?.at ?? 0))
    expect(Math.max(...steps)).toBe(Math.min(...steps))
  })

  it('go back where a run that goes on counts from an earlier second', () => {
    const history = newGauges([0, 1, 2, 3, 4].map(fakeGauges))
    gauge(history, fakeGauges(2))
    expect(history.samples.map(({ at }) => at)).toEqual([0, 1, 2])
  })
})
