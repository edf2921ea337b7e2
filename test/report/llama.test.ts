import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openForward } from '../../src-main/forward/forward.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import { perplexityOf } from '../../src-main/report/evaluate.ts'
import type { LlamaMissing } from '../../src-main/report/llama.ts'
import { tokenizeWithLlama, verifyWithLlama } from '../../src-main/report/llama.ts'
import { encodeCorpus, openCorpus, windowsFrom } from '../../src-main/text/corpus.ts'
import { tokenizerMetadata } from '../../src-main/text/gguf-tokenizer.ts'
import { openTokenizer } from '../../src-main/text/tokenizer.ts'
import type { Tokenizer } from '../../src-main/text/tokenizer.ts'
import { writeF32Gguf } from '../fixtures/f32-gguf.ts'

const DEMO = 'resources/demo-model'
const HELD_OUT = 'resources/text/heldout.txt'
const ASK = { prompt: 'The town', maxTokens: 24, threads: 2 }

let folder: string
let file: string
let tokenizer: Tokenizer
let windows: Int32Array[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whittle-llama-'))
  file = join(folder, 'demo.gguf')
  tokenizer = await openTokenizer(DEMO)
  const { model, close } = await openCheckpoint(DEMO)
  await writeF32Gguf(file, model, await tokenizerMetadata(DEMO, 4096))
  await close()
  windows = windowsFrom(await encodeCorpus(await openCorpus(HELD_OUT), tokenizer, 400, 400), 200, 2)
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

/** llama.cpp's answer, or a failure that says why there is none. */
function present<T extends object>(answer: T): Exclude<T, LlamaMissing> {
  if ('missing' in answer) throw new Error(String(answer.missing))
  return answer as Exclude<T, LlamaMissing>
}

describe('llama.cpp as a judge', () => {
  test('agrees with our perplexity, beside a live ONNX Runtime, and continues a prompt', async () => {
    const { model, close } = await openCheckpoint(DEMO)
    const forward = openForward({ device: 'cpu', threads: 2 })
    const stdout = vi.spyOn(process.stdout, 'write')
    try {
      const expected = await perplexityOf(forward, model, windows)
      const progress: number[] = []
      const answer = present(
        await verifyWithLlama(file, windows, expected, {
          ...ASK,
          onProgress: (done, total) => {
            progress.push(done / total)
          },
        }),
      )
      expect(answer.engine).toMatch(/^llama\.cpp v\d/)
      expect(answer.expected).toBe(expected)
      expect(Math.abs(answer.perplexity / expected - 1)).toBeLessThan(0.002)
      expect(answer.agrees).toBe(true)
      expect(answer.sample.prompt).toBe('The town')
      expect(answer.sample.continuation.length).toBeGreaterThan(10)
      expect(progress).toEqual([0.5, 1])
      expect(await perplexityOf(forward, model, windows)).toBe(expected)
      expect(stdout).not.toHaveBeenCalled()
    } finally {
      stdout.mockRestore()
      await forward.close()
      await close()
    }
  })

  test('disagrees when told a perplexity 2 % off; the same seed writes the same text', async () => {
    const first = present(await verifyWithLlama(file, windows.slice(0, 1), 1, ASK))
    expect(first.agrees).toBe(false)
    const second = present(await verifyWithLlama(file, windows.slice(0, 1), first.perplexity * 1.02, ASK))
    expect(second.agrees).toBe(false)
    expect(second.perplexity).toBe(first.perplexity)
    expect(second.sample).toEqual(first.sample)
    const third = present(await verifyWithLlama(file, windows.slice(0, 1), first.perplexity * 1.005, { ...ASK, seed: 9 }))
    expect(third.agrees).toBe(true)
    expect(third.sample.continuation).not.toBe(first.sample.continuation)
  })

  test('tokenizes like we do, in every text that is composed the usual way', async () => {
    const golden = JSON.parse(await readFile('test/golden/tokenizer/demo-model.json', 'utf8')) as { cases: { text?: string }[] }
    const strings = golden.cases.flatMap(({ text }) => (text === undefined ? [] : [text]))
    const texts = [...strings, await readFile(HELD_OUT, 'utf8')]
    // llama.cpp does not normalize: decomposed text is a different text to it.
    const composed = texts.map((text) => text.normalize('NFC'))
    const ids = present(await tokenizeWithLlama(file, composed))
    texts.forEach((text, i) => {
      expect([text, ...(ids[i] ?? [])]).toEqual([text, ...tokenizer.encode(text)])
    })
  })

  test('a damaged file is explained, not crashed on', async () => {
    const broken = join(folder, 'broken.gguf')
    await writeFile(broken, (await readFile(file)).subarray(0, 2_000_000))
    await expect(verifyWithLlama(broken, windows, 1, ASK)).rejects.toMatchObject({ code: 'verification-failed', details: { path: broken } })
  })

  test('a file with a weight that is no number is refused', async () => {
    const broken = join(folder, 'nan.gguf')
    const bytes = await readFile(file)
    bytes.writeFloatLE(Number.NaN, 2_000_000)
    await writeFile(broken, bytes)
    await expect(verifyWithLlama(broken, windows, 1, ASK)).rejects.toMatchObject({ code: 'verification-failed', details: { path: broken } })
  })

  test('stops when asked, with the reason given', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    const running = verifyWithLlama(file, windows, 1, {
      ...ASK,
      signal: stop.signal,
      onProgress: () => {
        stop.abort(reason)
      },
    })
    await expect(running).rejects.toBe(reason)
  })
})

describe('without llama.cpp', () => {
  test('a missing package is a reason, not a crash', async () => {
    vi.resetModules()
    vi.doMock('node-llama-cpp', () => {
      throw new Error("Cannot find package 'node-llama-cpp'")
    })
    const { verifyWithLlama: verify } = await import('../../src-main/report/llama.ts')
    expect(await verify(file, windows, 1, ASK)).toEqual({ missing: { reason: 'llama-does-not-load', said: expect.any(String) as string } })
    vi.doUnmock('node-llama-cpp')
  })

  test('a missing binary is a reason too', async () => {
    vi.resetModules()
    class NoBinaryFoundError extends Error {}
    const getLlama = (): Promise<never> => Promise.reject(new NoBinaryFoundError('nothing for plan9'))
    vi.doMock('node-llama-cpp', () => ({ getLlama, NoBinaryFoundError, LlamaLogLevel: { error: 'error' } }))
    const { tokenizeWithLlama: tokenize } = await import('../../src-main/report/llama.ts')
    expect(await tokenize(file, ['a'])).toEqual({ missing: { reason: 'llama-without-binary', said: 'nothing for plan9' } })
    vi.doUnmock('node-llama-cpp')
  })
})
