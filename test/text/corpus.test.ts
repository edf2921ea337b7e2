import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encodeCorpus, openCorpus, windowsFrom } from '../../src-main/text/corpus.ts'
import { readTextSplit, shingleOverlap, splitCorpus } from '../../src-main/text/split.ts'
import { openTokenizer } from '../../src-main/text/tokenizer.ts'
import type { Tokenizer } from '../../src-main/text/tokenizer.ts'

const CALIBRATION = 'resources/text/calibration.txt'
const HELD_OUT = 'resources/text/heldout.txt'

let folder: string
let tokenizer: Tokenizer
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whittle-corpus-'))
  tokenizer = await openTokenizer('resources/demo-model')
})
afterEach(async () => { await rm(folder, { recursive: true }) })

async function fileOf(content: string | Uint8Array, name = 'corpus.txt'): Promise<string> {
  await writeFile(join(folder, name), content)
  return join(folder, name)
}

describe('reading a corpus', () => {
  test('a file read in pieces gives the tokens of the whole', async () => {
    const once = await readFile(CALIBRATION, 'utf8')
    const long = Array.from({ length: 15 }, (_, i) => `${once}\n\n   indented ${i} — ünïcödé 你好\n`).join('')
    expect(Buffer.byteLength(long)).toBeGreaterThan(1 << 18)
    const tokens = await encodeCorpus(await openCorpus(await fileOf(long)), tokenizer, Infinity, 1)
    expect(tokens).toEqual(tokenizer.encode(long))
  })

  test('stops once there is enough', async () => {
    const tokens = await encodeCorpus(await openCorpus(CALIBRATION), tokenizer, 100, 1)
    expect(tokens).toEqual(tokenizer.encode(await readFile(CALIBRATION, 'utf8')).slice(0, 100))
  })

  test('a text without any line end is read too', async () => {
    const text = 'word '.repeat(120_000)
    expect(await encodeCorpus(await openCorpus(await fileOf(text)), tokenizer, Infinity, 1)).toEqual(tokenizer.encode(text))
  })

  test('refuses what is not there, not a file, or empty', async () => {
    await expect(openCorpus(join(folder, 'none.txt'))).rejects.toMatchObject({ code: 'corpus-not-found' })
    await expect(openCorpus(folder)).rejects.toMatchObject({ code: 'corpus-invalid', details: { reason: 'not-a-file' } })
    await expect(openCorpus(await fileOf(''))).rejects.toMatchObject({ code: 'corpus-invalid', details: { reason: 'empty' } })
  })

  test('refuses bytes that are not text', async () => {
    const broken = await openCorpus(await fileOf(Uint8Array.of(0x61, 0xff, 0xfe, 0x62)))
    await expect(encodeCorpus(broken, tokenizer, 10, 1)).rejects.toMatchObject({ code: 'corpus-invalid', details: { reason: 'not-utf8' } })
    const binary = await openCorpus(await fileOf('PK\u0003\u0004\0\0\0'))
    await expect(encodeCorpus(binary, tokenizer, 10, 1)).rejects.toMatchObject({ code: 'corpus-invalid', details: { reason: 'binary' } })
    const cutShort = await openCorpus(await fileOf(Buffer.from('text …').subarray(0, -1)))
    await expect(encodeCorpus(cutShort, tokenizer, 10, 1)).rejects.toMatchObject({ code: 'corpus-invalid' })
  })

  test('says how short a short text is', async () => {
    const short = await openCorpus(await fileOf('Too short.'))
    await expect(encodeCorpus(short, tokenizer, 100, 50)).rejects.toMatchObject({ code: 'corpus-too-short', details: { tokens: 4, needed: 50 } })
  })

  test('windows follow one another; an incomplete one is left out', () => {
    expect(windowsFrom(Int32Array.of(1, 2, 3, 4, 5, 6, 7), 2, 9)).toEqual([Int32Array.of(1, 2), Int32Array.of(3, 4), Int32Array.of(5, 6)])
    expect(windowsFrom(Int32Array.of(1, 2, 3, 4), 2, 1)).toEqual([Int32Array.of(1, 2)])
  })
})

describe('calibration and held-out text', () => {
  const request = { calibrationPath: CALIBRATION, heldOutPath: HELD_OUT, calibrationTokens: 16384, heldOutTokens: 8192, windowTokens: 128 }

  test('the shipped texts make 46 windows of 128 tokens to learn from and 24 to judge on', async () => {
    const split = await readTextSplit(tokenizer, request)
    expect([split.calibration.length, split.heldOut.length]).toEqual([46, 24])
    expect(shingleOverlap(split.calibration, split.heldOut)).toBe(0)
  })

  test('with one file, its tail is held out and no byte is on both sides', async () => {
    const whole = await openCorpus(CALIBRATION)
    const { calibration, heldOut } = await splitCorpus(whole, 0.3)
    expect([calibration.start, heldOut.end]).toEqual([whole.start, whole.end])
    expect(calibration.end).toBe(heldOut.start)
    expect(heldOut.end - heldOut.start).toBeLessThanOrEqual(0.3 * whole.end)
    expect(heldOut.end - heldOut.start).toBeGreaterThan(0.2 * whole.end)
    const bytes = await readFile(CALIBRATION)
    expect(bytes.subarray(0, heldOut.start).toString().endsWith('\n\n')).toBe(true)
    const split = await readTextSplit(tokenizer, { ...request, heldOutPath: null })
    const seen = split.calibration.map((window) => tokenizer.decode(window)).join('')
    expect(calibration.end).toBeGreaterThanOrEqual(Buffer.byteLength(seen))
    expect(bytes.subarray(0, calibration.end).toString().startsWith(seen)).toBe(true)
  })

  test('a held-out file cut from the calibration file is refused', async () => {
    const text = await readFile(CALIBRATION, 'utf8')
    const heldOutPath = await fileOf(`${(await readFile(HELD_OUT, 'utf8')).slice(0, 6000)}\n\n${text.slice(4000, 8000)}`)
    await expect(readTextSplit(tokenizer, { ...request, heldOutPath })).rejects.toMatchObject({ code: 'corpus-overlap', details: { limit: 0.02 } })
  })

  test('overlap is the share of shared 32-token runs', () => {
    const ramp = (start: number, length: number): Int32Array => Int32Array.from({ length }, (_, i) => start + i)
    expect(shingleOverlap([ramp(0, 100)], [ramp(0, 100)])).toBe(1)
    expect(shingleOverlap([ramp(0, 100)], [ramp(1000, 100)])).toBe(0)
    expect(shingleOverlap([ramp(0, 100)], [ramp(50, 100)])).toBeCloseTo(19 / 69, 12)
    expect(shingleOverlap([ramp(0, 100)], [ramp(70, 31)])).toBe(0)
  })

  test('a corpus too short for four windows is refused with both counts', async () => {
    const calibrationPath = await fileOf('A few words.\n\nAnd a few more.')
    await expect(readTextSplit(tokenizer, { ...request, calibrationPath })).rejects.toMatchObject({
      code: 'corpus-too-short', details: { needed: 512 },
    })
  })

  test('one line cannot be split', async () => {
    const calibrationPath = await fileOf('one line only')
    await expect(readTextSplit(tokenizer, { ...request, calibrationPath, heldOutPath: null })).rejects.toMatchObject({ code: 'corpus-too-short' })
  })
})
