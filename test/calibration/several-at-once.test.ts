import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { severalAtOnce } from '../../src-main/calibration/several-at-once.ts'

describe('several at once', () => {
  it('gives results in the order of the items, no more under way than told', async () => {
    let under = 0
    let most = 0
    const found = await severalAtOnce([30, 1, 20, 1, 5], 2, async (milliseconds) => {
      most = Math.max(most, ++under)
      await wait(milliseconds)
      under--
      return milliseconds * 2
    })
    expect(found).toEqual([60, 2, 40, 2, 10])
    expect(most).toBe(2)
    expect(await severalAtOnce([], 3, async () => 1)).toEqual([])
  })

  it('keeps results that are undefined', async () => {
    expect(await severalAtOnce([1, 2, 3], 1, async () => undefined)).toEqual([undefined, undefined, undefined])
  })

  it('starts nothing after a failure, and waits for what is under way before it throws', async () => {
    const started: number[] = []
    const finished: number[] = []
    await expect(
      severalAtOnce([1, 2, 3, 4], 2, async (item) => {
        started.push(item)
        if (item === 1) throw new Error('one failed')
        await wait(20)
        finished.push(item)
      }),
    ).rejects.toThrow('one failed')
    expect(started).toEqual([1, 2])
    expect(finished).toEqual([2])
  })
})
