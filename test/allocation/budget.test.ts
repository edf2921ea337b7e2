import { memoryNumbers } from '../../src-main/allocation/memory-numbers.ts'
import { PLAIN_TRAITS } from '../../src-main/architectures/shape.ts'
import { describe, expect, it } from 'vitest'
import { fileBudget, reserveBytes, smallestCard } from '../../src-main/allocation/budget.ts'
import { computeBufferBytes } from '../../src-main/allocation/compute-buffer.ts'
import { kvCacheBytes } from '../../src-main/allocation/kv-cache.ts'
import type { ModelShape } from '../../src-main/architectures/architecture.ts'

/** Qwen3-30B-A3B. */
const shape: ModelShape = {
  layers: 48,
  hidden: 2048,
  heads: 32,
  kvHeads: 4,
  headSize: 128,
  experts: 128,
  expertsPerToken: 8,
  expertWidth: 768,
  vocabulary: 151936,
  contextLength: 40960,
  ropeBase: 1e6,
  normEpsilon: 1e-6,
  normalizeGates: true,
  tiedEmbeddings: false,
  traits: PLAIN_TRAITS,
}
const facts = {
  shape,
  originalBytes: 61_000_000_000,
  weights: 30_500_000_000,
  expertShare: 0.95,
  smallestBytes: 10_100_000_000,
  largestBytes: 61_000_000_000,
}
const GIB = 2 ** 30

describe('fileBudget', () => {
  it('takes a size as it is', () => {
    expect(fileBudget({ kind: 'size', bytes: 12_000_000_000 }, facts)).toMatchObject({
      fileBytes: 12_000_000_000,
      feasible: true,
      memory: null,
    })
  })

  it('takes a percentage of the original and bits of every weight, rounded down', () => {
    expect(fileBudget({ kind: 'percent', percent: 25 }, facts).fileBytes).toBe(15_250_000_000)
    expect(fileBudget({ kind: 'bits', bitsPerWeight: 4.5 }, facts).fileBytes).toBe(17_156_250_000)
    expect(fileBudget({ kind: 'bits', bitsPerWeight: 4.5 }, facts).bitsPerWeight).toBeCloseTo(4.5, 9)
  })

  it('tells an unreachable budget instead of throwing', () => {
    expect(fileBudget({ kind: 'bits', bitsPerWeight: 2 }, facts).feasible).toBe(false)
  })

  it('splits a card into parts that add up to it', () => {
    const { fileBytes, memory } = fileBudget({ kind: 'vram', vramBytes: 24 * GIB, contextTokens: 16384 }, facts)
    if (memory === null) throw new Error('no parts')
    expect(fileBytes + memory.kvCacheBytes + memory.computeBytes + memory.reserveBytes).toBe(24 * GIB)
    expect(memory.kvCacheBytes).toBe(1_610_612_736)
  })

  it('never goes below nothing on a card too small for the cache', () => {
    expect(fileBudget({ kind: 'vram', vramBytes: GIB, contextTokens: 32768 }, facts)).toMatchObject({ fileBytes: 0, feasible: false })
  })

  it('names the smallest card for a file, to the byte', () => {
    for (const smallestBytes of [1_000_000, 5_000_000_000, 10_100_000_000, 40_000_000_000]) {
      const at = (vramBytes: number) => fileBudget({ kind: 'vram', vramBytes, contextTokens: 16384 }, { ...facts, smallestBytes })
      const { memory } = at(GIB)
      if (memory === null) throw new Error('no parts')
      const card = smallestCard(smallestBytes, memory)
      expect([at(card).feasible, at(card - 1).feasible]).toEqual([true, false])
    }
  })

  it('refuses a context the model was not made for', () => {
    expect(() => fileBudget({ kind: 'vram', vramBytes: 24 * GIB, contextTokens: 131072 }, facts)).toThrow(/budget-invalid/)
  })
})

describe('the parts', () => {
  it('counts two bytes for each key and value', () => {
    expect(kvCacheBytes(memoryNumbers(shape), 1)).toBe(2 * 48 * 4 * 128 * 2)
  })

  it('keeps at least 512 MiB and at most 2 GiB in reserve', () => {
    expect([2, 8, 12, 24, 80].map((gib) => reserveBytes(gib * GIB) / GIB)).toEqual([0.5, 1, 1.5, 2, 2])
  })

  it('sets aside at least what llama.cpp was seen to reserve for wiki-moe16, and not much more', () => {
    const small = {
      ...shape,
      layers: 4,
      hidden: 256,
      heads: 8,
      kvHeads: 2,
      headSize: 32,
      experts: 16,
      expertsPerToken: 2,
      expertWidth: 256,
      vocabulary: 4096,
    }
    for (const context of [512, 1024, 2048]) {
      expect(computeBufferBytes(memoryNumbers(small), context) / 2 ** 20).toBeGreaterThan(9)
      expect(computeBufferBytes(memoryNumbers(small), context) / 2 ** 20).toBeLessThan(12)
      expect(kvCacheBytes(memoryNumbers(small), context) / 2 ** 20).toBe(context / 1024)
    }
  })

  it('grows with the context', () => {
    expect(computeBufferBytes(memoryNumbers(shape), 32768)).toBeGreaterThan(computeBufferBytes(memoryNumbers(shape), 4096))
  })
})
