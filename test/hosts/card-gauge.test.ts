import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Gauges } from '../../src-main/contract/machine.ts'
import { createCardGauge, parseNvidiaGauge } from '../../src-main/hosts/card-gauge.ts'

const CARD: NonNullable<Gauges['card']> = { usedBytes: 2 ** 30, totalBytes: 2 ** 33, busy: 0.5, celsius: 60 }

test("reads a line of NVIDIA's own program", () => {
  expect(parseNvidiaGauge('1830, 24564, 97, 61\n')).toEqual({
    usedBytes: 1830 * 2 ** 20,
    totalBytes: 24564 * 2 ** 20,
    busy: 0.97,
    celsius: 61,
  })
  expect(parseNvidiaGauge('100, 200, [N/A], [N/A]')).toEqual({
    usedBytes: 100 * 2 ** 20,
    totalBytes: 200 * 2 ** 20,
    busy: null,
    celsius: null,
  })
  for (const line of ['', '[N/A], [N/A], 3, 40', 'No devices were found']) expect(parseNvidiaGauge(line)).toBeNull()
})

test('never waits for the card, and asks it no more than every two seconds', async () => {
  let time = 0
  const answers: ((card: Gauges['card']) => void)[] = []
  const gauge = createCardGauge(
    () => new Promise((resolve) => answers.push(resolve)),
    () => time,
  )
  expect(await gauge()).toBeNull()
  time = 5000
  expect(await gauge()).toBeNull()
  expect(answers).toHaveLength(1)
  answers[0]?.(CARD)
  await turn()
  expect(await gauge()).toEqual(CARD)
  expect(answers).toHaveLength(2)
  answers[1]?.({ ...CARD, busy: 1 })
  await turn()
  time = 6000
  expect(await gauge()).toMatchObject({ busy: 1 })
  expect(answers).toHaveLength(2)
})

test('a machine without such a card is asked once', async () => {
  let asked = 0
  let time = 0
  const gauge = createCardGauge(
    () => {
      asked += 1
      return Promise.reject(new Error('ENOENT'))
    },
    () => time,
  )
  for (; time < 20_000; time += 2500) {
    expect(await gauge()).toBeNull()
    await turn()
  }
  expect(asked).toBe(1)
})
