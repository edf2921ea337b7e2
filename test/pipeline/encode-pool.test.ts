import type { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { feedbackFactor } from '../../src-main/calibration/rounding-jobs.ts'
import type { BlockInput } from '../../src-main/calibration/rounding-jobs.ts'
import { loadKernels } from '../../src-main/kernels/load.ts'
import { EncodePool } from '../../src-main/pipeline/encode-pool.ts'

const { kernels } = loadKernels()
const request = (seed: number): BlockInput => {
  return {
    type: 'Q8_0',
    weights: Float32Array.from({ length: 64 }, (_, i) => Math.sin(seed + i)),
    columns: 32,
    importance: null,
    factor: null,
  }
}
const expected = (seed: number): Uint8Array => kernels.encode('Q8_0', request(seed).weights, 32, null)

describe('threads that encode', () => {
  it('answer each request with its own bytes, more requests than threads', async () => {
    const pool = new EncodePool(kernels, 2)
    try {
      const answers = await Promise.all([1, 2, 3, 4, 5].map((seed) => pool.encode(request(seed))))
      expect(answers).toEqual([1, 2, 3, 4, 5].map(expected))
    } finally {
      await pool.close()
    }
  })

  it('that cannot start say why to whoever asks, also later, instead of keeping them waiting', async () => {
    const pool = new EncodePool({ ...kernels, name: kernels.name === 'native' ? 'reference' : 'native' }, 1)
    try {
      const both = await Promise.allSettled([pool.encode(request(1)), pool.encode(request(2))])
      for (const answer of [...both, ...(await Promise.allSettled([pool.encode(request(3))]))]) {
        expect(answer).toMatchObject({
          status: 'rejected',
          reason: { message: expect.stringContaining(`this thread has ${kernels.name} kernels`) },
        })
      }
    } finally {
      await pool.close()
    }
  })

  it('that are closed under a request let go of it', async () => {
    const pool = new EncodePool(kernels, 1)
    const waiting = Promise.allSettled([pool.encode(request(1)), pool.encode(request(2))])
    await pool.close()
    for (const answer of await waiting) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ message: 'the encoding thread ended' })
    }
    await expect(pool.encode(request(3))).rejects.toThrow('the encoding thread ended')
  })

  it('leave nothing running when they are closed', async () => {
    let running = 0
    const seen = (worker: Worker): void => {
      running++
      worker.once('exit', () => {
        running--
      })
    }
    process.on('worker', seen)
    const pool = new EncodePool(kernels, 3)
    try {
      await Promise.all([1, 2, 3].map((seed) => pool.encode(request(seed))))
      expect(running).toBe(3)
      await pool.close()
      expect(running).toBe(0)
    } finally {
      process.off('worker', seen)
      await pool.close()
    }
  })

  it('drop what they have not begun when the run is aborted', async () => {
    const stop = new AbortController()
    const pool = new EncodePool(kernels, 1, stop.signal)
    try {
      const answers = [1, 2, 3].map((seed) => pool.encode(request(seed)))
      const all = Promise.allSettled(answers)
      await answers[0]
      stop.abort(new Error('enough'))
      expect((await all)[2]).toMatchObject({ status: 'rejected', reason: { message: 'enough' } })
      await expect(pool.encode(request(4))).rejects.toThrow('enough')
    } finally {
      await pool.close()
    }
  })

  it('round rows of a larger array without changing any of it', async () => {
    const pool = new EncodePool(kernels, 1)
    try {
      const whole = Float32Array.from({ length: 128 }, (_, i) => Math.cos(i))
      const weights = whole.subarray(32, 96)
      const codes = await pool.quantize({ weights, columns: 32, factor: null, bits: 3, groupSize: 16 })
      expect(whole).toEqual(Float32Array.from({ length: 128 }, (_, i) => Math.cos(i)))
      expect(codes).toEqual(kernels.gptq.quantizeGroups({ weights, columns: 32, factor: null, bits: 3, groupSize: 16 }))
    } finally {
      await pool.close()
    }
  })

  it('give factors, none for moments that are no numbers, and use memory again once it is released', async () => {
    const pool = new EncodePool(kernels, 2)
    try {
      const moment = (diagonal: number): Float32Array => Float32Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? diagonal : 0.5))
      const [two, three] = [await pool.factor(moment(2), 4), await pool.factor(moment(3), 4)]
      if (two === null || three === null) throw new Error('no factor')
      expect([...two]).toEqual([...(feedbackFactor(kernels, moment(2), 4) ?? [])])
      expect([...three]).toEqual([...(feedbackFactor(kernels, moment(3), 4) ?? [])])
      pool.release(two)
      expect(() => {
        pool.release(two)
      }).toThrow('released before')
      expect(pool.unfactored).toBe(0)
      expect(await pool.factor(new Float32Array(16).fill(Number.NaN), 4)).toBeNull()
      expect(pool.unfactored).toBe(1)
      expect(await pool.factor(moment(5), 4)).toBe(two)
      expect([...two]).toEqual([...(feedbackFactor(kernels, moment(5), 4) ?? [])])
    } finally {
      await pool.close()
    }
  })
})
