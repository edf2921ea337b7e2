import { describe, expect, it } from 'vitest'
import { fitCard, gpuLayers, longestContext } from '../../../src-renderer/result/card-fit.ts'
import { howToUse } from '../../../src-renderer/result/how-to-use.ts'

const GIB = 2 ** 30
const cells = (layers: number, bytes: number, outside: number) =>
  [null, ...Array.from({ length: layers }, (_, layer): number | null => layer)].map((layer) => ({
    layer,
    expert: null,
    rank: null,
    role: 'x',
    tensor: String(layer),
    action: 'encode',
    detail: 'Q4_K',
    weights: 1,
    bytes: layer === null ? outside : bytes,
    expectedError: null,
    note: null,
  }))
/** 10 layers of 1 GiB and 1 GiB outside; 1 MiB of cache for each token of context. */
const uses = [4096, 8192].map((contextTokens) => {
  const kvCacheBytes = (contextTokens * 2 ** 20) / 8
  return { contextTokens, weightsBytes: 11 * GIB, kvCacheBytes, computeBytes: GIB / 4, totalBytes: 11 * GIB + kvCacheBytes + GIB / 4 }
})
const plan = cells(10, GIB, GIB)

describe('the layers a card takes', () => {
  it('are all of them where everything fits beside the reserve', () => {
    // 11 + 0.5 + 0.25 GiB needed; 14 GiB leave 12.25.
    const fit = fitCard(uses, plan, 10, 14 * GIB, 4096)
    expect(fit).toMatchObject({ onCard: 10, neededBytes: 11.75 * GIB, roomBytes: 12.25 * GIB })
    expect(gpuLayers(fit)).toBe(99)
  })

  it('are as many as fit beside what lies outside the layers', () => {
    // 8 GiB leave 7: 1 outside, 0.25 scratch, then 1.05 for each layer with its cache.
    const fit = fitCard(uses, plan, 10, 8 * GIB, 4096)
    expect(fit.onCard).toBe(5)
    expect(gpuLayers(fit)).toBe(5)
  })

  it('are fewer with a longer context, whose cache grows in proportion', () => {
    const at = (tokens: number) => fitCard(uses, plan, 10, 8 * GIB, tokens)
    expect(at(2048).neededBytes - 11 * GIB - GIB / 4).toBe(GIB / 4)
    expect(at(65_536).onCard).toBeLessThan(at(4096).onCard)
  })

  it('are none on a card that holds not even the first', () => {
    expect(fitCard(uses, plan, 10, GIB, 4096).onCard).toBe(0)
  })

  it('never claim the whole model when it does not fit', () => {
    const large = cells(10, 0, 0)
    expect(fitCard(uses, large, 10, 8 * GIB, 4096).onCard).toBe(9)
  })
})

it('the longest context is the one at which everything fits', () => {
  expect(longestContext(uses, 14 * GIB)).toBe(8192)
  expect(longestContext(uses, 13.8 * GIB)).toBe(4096)
  expect(longestContext(uses, 4 * GIB)).toBe(4096)
  expect(longestContext([], 4 * GIB)).toBeNull()
})

it('commands carry the layers and the context', () => {
  const [llama, ollama] = howToUse({ path: '/out/my model.gguf', format: 'gguf', contextTokens: 16_384, gpuLayers: 31, platform: 'linux' })
  expect(llama?.commands[0]?.text).toBe("llama-cli -m '/out/my model.gguf' -c 16384 -ngl 31")
  expect(ollama?.commands[0]?.text).toBe('FROM "/out/my model.gguf"\nPARAMETER num_ctx 16384\nPARAMETER num_gpu 31')
})
