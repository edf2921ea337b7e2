import { describe, expect, it } from 'vitest'
import { loadKernels } from '../../src-main/kernels/load.ts'
import { EncodePool } from '../../src-main/pipeline/encode-pool.ts'
import type { EncodeRequest } from '../../src-main/pipeline/encode-pool.ts'

const { kernels } = loadKernels()
const request = (seed: number): EncodeRequest => {
  return { type: 'Q8_0', weights: Float32Array.from({ length: 64 }, (_, i) => Math.sin(seed + i)), columns: 32, importance: null }
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
      for (const answer of [...both, ...await Promise.allSettled([pool.encode(request(3))])]) {
        expect(answer).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining(`this thread has ${kernels.name} kernels`) } })
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
})
