import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Gauges } from '../../src-main/contract/machine.ts'
import { addSample, MOST_KEPT_SAMPLES } from '../../src-main/jobs/gauge-log.ts'
import { createGaugeSampler } from '../../src-main/jobs/gauges.ts'
import { temporaryFolder } from '../store/example.ts'

const gauges = (at: number, engineBytes: number): Gauges => ({
  at,
  engineBytes,
  freeMemoryBytes: 1,
  memoryBytes: 2,
  processor: 0,
  freeDiskBytes: 1,
  writtenPerSecond: null,
  card: null,
})

test('twenty thousand samples become at most two thousand, in order, with the peak and the valley', () => {
  let samples: Gauges[] = []
  for (let at = 0; at < 20_000; at++) samples = addSample(samples, gauges(at, at === 7777 ? 1e9 : at === 3333 ? 1 : 1000 + (at % 17)))
  expect(samples.length).toBeLessThanOrEqual(MOST_KEPT_SAMPLES)
  expect(samples.length).toBeGreaterThan(MOST_KEPT_SAMPLES / 4)
  expect(samples.map(({ at }) => at)).toEqual(samples.map(({ at }) => at).toSorted((a, b) => a - b))
  expect(samples.find(({ engineBytes }) => engineBytes === 1e9)?.at).toBe(7777)
  expect(samples.find(({ engineBytes }) => engineBytes === 1)?.at).toBe(3333)
  expect(samples.at(-1)?.at).toBe(19_999)
})

test('bytes a second come from two looks; a new engine starts from nothing', async () => {
  let ms = 0
  const sampler = createGaugeSampler(
    () => join(temporaryFolder(), 'not', 'there', 'a.gguf'),
    null,
    () => ms,
  )
  const look = (writtenBytes: number | null) => sampler.sample(0, { memoryBytes: 5, peakMemoryBytes: 5, writtenBytes })
  expect((await look(1000)).writtenPerSecond).toBe(0)
  ms = 2000
  const second = await look(5000)
  expect(second.writtenPerSecond).toBe(2000)
  expect(second.freeDiskBytes).toBeGreaterThan(0)
  expect(second.processor).toBeGreaterThanOrEqual(0)
  expect(second.processor).toBeLessThanOrEqual(1)
  ms = 3000
  expect((await look(10)).writtenPerSecond).toBe(0)
  expect((await look(null)).writtenPerSecond).toBeNull()
})
