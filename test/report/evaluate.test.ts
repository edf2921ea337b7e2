import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openForward } from '../../src-main/forward/forward.ts'
import type { Forward } from '../../src-main/forward/forward.ts'
import type { OutputHead } from '../../src-main/forward/output-head.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import type { MoeModel } from '../../src-main/model/moe-model.ts'
import { evaluate, finalHidden, perplexityOf } from '../../src-main/report/evaluate.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'
import { TINY_SHAPE, writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'

let folder: string
let forward: Forward
let original: MoeModel
let shrunk: MoeModel
const windows: Int32Array[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whittle-evaluate-'))
  original = (await openCheckpoint((await writeTinyCheckpoint(join(folder, 'a'), { seed: 1 })).folder)).model
  shrunk = (await openCheckpoint((await writeTinyCheckpoint(join(folder, 'b'), { seed: 2 })).folder)).model
  forward = openForward({ device: 'cpu', threads: 1 })
  const random = seededRandom(5)
  for (const length of [12, 20, 7]) windows.push(Int32Array.from({ length }, () => Math.floor(random() * TINY_SHAPE.vocabulary)))
})
afterAll(async () => {
  await forward.close()
  await original.close()
  await shrunk.close()
  await rm(folder, { recursive: true })
})

/** Log-probabilities of every token's successors, window by window, from the engine's logits, in float64. */
async function logProbabilities(model: MoeModel): Promise<number[][][]> {
  const head = await forward.openOutput(model)
  try {
    const all: number[][][] = []
    for (const window of windows) {
      const hidden = await finalHidden(forward, model, [window])
      const logits = await head.logits(hidden, 0, window.length)
      all.push(
        Array.from(window, (_, i) => {
          const row = Array.from(logits.subarray(i * TINY_SHAPE.vocabulary, (i + 1) * TINY_SHAPE.vocabulary))
          const sum = row.reduce((total, x) => total + Math.exp(x), 0)
          return row.map((x) => x - Math.log(sum))
        }),
      )
    }
    return all
  } finally {
    head.close()
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length
}

describe('evaluate', () => {
  test('equals the definitions applied to the logits of each window on its own', async () => {
    const p = await logProbabilities(original)
    const q = await logProbabilities(shrunk)
    const tokens = windows.flatMap((window, w) =>
      Array.from(window.subarray(1), (next, i) => ({ next, p: p[w]?.[i] ?? [], q: q[w]?.[i] ?? [] })),
    )
    const quality = await evaluate(forward, original, shrunk, windows)
    expect(quality.tokens).toBe(11 + 19 + 6)
    expect(quality.perplexity.original).toBeCloseTo(Math.exp(-mean(tokens.map(({ p, next }) => p[next] as number))), 3)
    expect(quality.perplexity.shrunk).toBeCloseTo(Math.exp(-mean(tokens.map(({ q, next }) => q[next] as number))), 3)
    expect(quality.klDivergence.mean).toBeCloseTo(
      mean(tokens.map(({ p, q }) => p.reduce((sum, x, v) => sum + Math.exp(x) * (x - (q[v] as number)), 0))),
      5,
    )
    expect(quality.esap).toBeCloseTo(
      mean(tokens.map(({ p, q }) => p.reduce((sum, x, v) => sum + Math.exp(Math.min(x, q[v] as number)), 0))),
      5,
    )
    const top = (row: readonly number[]): number => row.indexOf(Math.max(...row))
    expect(quality.topOneAgreement).toBeCloseTo(mean(tokens.map(({ p, q }) => Number(top(p) === top(q)))), 12)
    expect(quality.klDivergence.mean).toBeGreaterThan(0.01)
  })

  test('a stream computed before serves several candidates', async () => {
    const originalHidden = await finalHidden(forward, original, windows)
    const before = originalHidden.data.slice()
    const once = await evaluate(forward, original, shrunk, windows)
    expect(await evaluate(forward, original, shrunk, windows, { originalHidden })).toEqual(once)
    expect(await perplexityOf(forward, original, windows, { originalHidden })).toBeCloseTo(once.perplexity.original, 9)
    expect(originalHidden.data).toEqual(before)
  })

  test('a model equals itself', async () => {
    const quality = await evaluate(forward, original, original, windows)
    expect(quality.klDivergence).toEqual({ mean: 0, standardError: 0, p99: 0 })
    expect(quality.topOneAgreement).toBe(1)
  })

  test('an output matrix that gives few tokens at a time changes nothing', async () => {
    const narrow = {
      embed: forward.embed.bind(forward),
      runLayer: forward.runLayer.bind(forward),
      openOutput: async (model: MoeModel): Promise<OutputHead> => {
        const head = await forward.openOutput(model)
        return {
          tokensAtOnce: 5,
          logits: head.logits.bind(head),
          close: () => {
            head.close()
          },
        } as unknown as OutputHead
      },
    }
    const wide = await evaluate(forward, original, shrunk, windows)
    const small = await evaluate(forward, original, shrunk, windows, { limits: { tokensAtOnce: 5 } })
    expect(small.tokens).toBe(wide.tokens)
    expect(small.klDivergence.mean).toBeCloseTo(wide.klDivergence.mean, 5)
    expect(small.klDivergence.standardError).toBeCloseTo(wide.klDivergence.standardError, 5)
    expect(await perplexityOf(narrow, shrunk, windows)).toBeCloseTo(wide.perplexity.shrunk, 3)
  })

  test('output matrices too large for both are opened one after the other, slice by slice, with the same result', async () => {
    const open: string[] = []
    const log: string[] = []
    const watched = {
      embed: forward.embed.bind(forward),
      runLayer: forward.runLayer.bind(forward),
      openOutput: async (model: MoeModel): Promise<OutputHead> => {
        const head = await forward.openOutput(model)
        open.push(model === original ? 'original' : 'shrunk')
        log.push(open.join('+'))
        return {
          logits: head.logits.bind(head),
          close: () => {
            open.pop()
            head.close()
          },
        } as unknown as OutputHead
      },
    }
    const limits = { tokensAtOnce: 6, heldBytes: 0, keptLogits: 13 * TINY_SHAPE.vocabulary }
    const apart = await evaluate(watched, original, shrunk, windows, { limits })
    expect(apart).toEqual(await evaluate(forward, original, shrunk, windows, { limits: { tokensAtOnce: 6 } }))
    expect(open).toEqual([])
    // Pieces of 6+5, 6+6+6+1 and 6 tokens: slices of 11, 12, 13.
    expect(log).toEqual(['original', 'shrunk', 'original', 'shrunk', 'original', 'shrunk'])
    log.length = 0
    await evaluate(watched, original, { ...shrunk, output: original.output, outputNorm: original.outputNorm }, windows, { limits })
    expect(log).toEqual(['original'])
  })

  test('progress rises to its total', async () => {
    const seen: number[] = []
    await evaluate(forward, original, shrunk, windows, {
      onProgress: (done, total) => {
        seen.push(done / total)
      },
    })
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(seen.length).toBeGreaterThan(5)
    expect(seen.at(-1)).toBe(1)
  })

  test('stops when asked, with the reason given', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    const running = evaluate(forward, original, shrunk, windows, {
      signal: stop.signal,
      onProgress: () => {
        stop.abort(reason)
      },
    })
    await expect(running).rejects.toBe(reason)
  })
})
