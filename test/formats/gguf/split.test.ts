import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { beforeAll, describe, expect, test } from 'vitest'
import { openGguf } from '../../../src-main/formats/gguf/reader.ts'
import { splitGguf } from '../../../src-main/formats/gguf/split.ts'
import { referenceKernels } from '../../../src-main/kernels/reference.ts'
import { continueWithLlama } from '../../../src-main/report/llama-continue.ts'
import { verifyWithLlama } from '../../../src-main/report/llama.ts'
import { TINY_K_SHAPE } from '../../fixtures/tiny-checkpoint.ts'
import { eventsOfJob, finishJob, makeExample, prepared, recipeOf } from '../../pipeline/job-example.ts'
import { temporaryFolder } from '../../store/example.ts'

const anyRoom = async (): Promise<void> => undefined

describe('a file of the pipeline', () => {
  const root = mkdtempSync(join(tmpdir(), 'whittle-split-'))
  let whole = ''
  beforeAll(async () => {
    const example = await makeExample(root, TINY_K_SHAPE)
    const recipe = recipeOf(example, { method: 'uniform', budget: { kind: 'percent', percent: 40 } })
    const ready = await prepared(example, recipe)
    await eventsOfJob(finishJob(example, recipe, ready))
    whole = ready.outPath
    return () => rmSync(root, { recursive: true, force: true })
  })
  const third = async (): Promise<number> => Math.ceil((await stat(whole)).size * 0.4)

  test('parts hold all tensors in order, byte by byte, the metadata in the first, and are no larger than asked', async () => {
    const folder = temporaryFolder()
    const partBytes = await third()
    let asked = 0
    const parts = await splitGguf(whole, {
      folder,
      name: 'tiny model',
      partBytes,
      checkRoom: async (bytes) => {
        asked = bytes
      },
    })
    expect(parts.length).toBeGreaterThan(2)
    expect((await readdir(folder)).sort()).toEqual(parts.map((_, i) => `tiny model-0000${i + 1}-of-0000${parts.length}.gguf`))
    expect(asked).toBe(parts.reduce((sum, { bytes }) => sum + bytes, 0))
    const before = await openGguf(whole, referenceKernels)
    const names: string[] = []
    for (const [index, part] of parts.entries()) {
      expect(part.bytes).toBeLessThanOrEqual(partBytes)
      expect((await stat(part.path)).size).toBe(part.bytes)
      const opened = await openGguf(part.path, referenceKernels)
      expect(opened.metadata.get('split.no')).toEqual({ type: 'u16', value: index })
      expect(opened.metadata.get('split.count')).toEqual({ type: 'u16', value: parts.length })
      expect(opened.metadata.get('split.tensors.count')).toEqual({ type: 'i32', value: before.tensors.length })
      expect(opened.metadata.size).toBe(index === 0 ? before.metadata.size + 3 : 3)
      for (const [name, tensor] of opened.lazy) {
        names.push(name)
        expect(await tensor.read()).toEqual(await before.lazy.get(name)?.read())
      }
      await opened.close()
    }
    expect(names).toEqual(before.tensors.map(({ name }) => name))
    await before.close()
  })

  test('llama.cpp loads the parts by their first and computes the same', async () => {
    const [first] = await splitGguf(whole, { folder: temporaryFolder(), name: 'tiny', partBytes: await third(), checkRoom: anyRoom })
    const windows = [0, 1, 2].map((seed) => Int32Array.from({ length: 32 }, (_, i) => 10 + ((i * 31 + seed * 7) % 250)))
    const options = { prompt: 'a', maxTokens: 2, threads: 1 }
    const [alone, split] = [
      await verifyWithLlama(whole, windows, 1, options),
      await verifyWithLlama(first?.path ?? '', windows, 1, options),
    ]
    // llama.cpp is installed with everything else: without it nothing is proved, so that fails.
    const perplexityOf = (word: typeof alone): number => {
      if ('missing' in word) throw new Error(word.missing.said)
      return word.perplexity
    }
    expect(perplexityOf(split)).toBe(perplexityOf(alone))
    const continued = async (path: string): Promise<number[]> => {
      const ids: number[] = []
      const missing = await continueWithLlama(path, windows[0] ?? Int32Array.of(), {
        tokens: 8,
        ends: [],
        threads: 1,
        signal: new AbortController().signal,
        onReady: () => undefined,
        onToken: (id) => {
          ids.push(id)
        },
      })
      expect(missing).toBeNull()
      expect(ids).toHaveLength(8)
      return ids
    }
    expect(await continued(first?.path ?? '')).toEqual(await continued(whole))
  })

  test('one part is enough where it fits, and it says so', async () => {
    const folder = temporaryFolder()
    const parts = await splitGguf(whole, { folder, name: 'tiny', partBytes: 1e9, checkRoom: anyRoom })
    expect(parts.map(({ path }) => path)).toEqual([join(folder, 'tiny-00001-of-00001.gguf')])
  })

  test('what cannot be is refused before anything is written: too small parts, a name in use, no room', async () => {
    const folder = temporaryFolder()
    const split = (partBytes: number, checkRoom = anyRoom) =>
      expect(splitGguf(whole, { folder, name: 'tiny', partBytes, checkRoom })).rejects
    await split(2000).toMatchObject({ code: 'export-failed', details: { reason: 'header-too-large' } })
    await split(40_000).toMatchObject({
      code: 'export-failed',
      details: { reason: 'tensor-too-large', tensor: expect.any(String) as string },
    })
    await split(1e9, () => Promise.reject(new Error('no room'))).toThrow('no room')
    expect(await readdir(folder)).toEqual([])
    const inUse = join(folder, 'tiny-00001-of-00001.gguf')
    await writeFile(inUse, 'something else')
    await split(1e9).toMatchObject({ code: 'output-exists', details: { path: inUse } })
    expect(await readFile(inUse, 'utf8')).toBe('something else')
  })

  test('a part that cannot be written takes the ones before it away', async () => {
    const folder = temporaryFolder()
    const partBytes = await third()
    const name = 'tiny'
    // Where the second part's temporary file would go lies a folder.
    const count = (await splitGguf(whole, { folder: temporaryFolder(), name, partBytes, checkRoom: anyRoom })).length
    const inTheWay = `tiny-00002-of-0000${count}.gguf.partial`
    await mkdir(join(folder, inTheWay))
    await expect(splitGguf(whole, { folder, name, partBytes, checkRoom: anyRoom })).rejects.toMatchObject({ code: 'output-not-writable' })
    expect(await readdir(folder)).toEqual([inTheWay])
  })
})
