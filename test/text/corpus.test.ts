import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encodeCorpus, openCorpus, readTokens, windowsFrom } from '../../src-main/text/corpus.ts'
import { readTextSplit, shingleOverlap } from '../../src-main/text/split.ts'
import { splitCorpus } from '../../src-main/text/split-corpus.ts'
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
afterEach(async () => {
  await rm(folder, { recursive: true })
})

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
    await expect(openCorpus(folder)).rejects.toMatchObject({ code: 'corpus-invalid', details: { reason: 'no-text-files' } })
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
    await expect(encodeCorpus(short, tokenizer, 100, 50)).rejects.toMatchObject({
      code: 'corpus-too-short',
      details: { tokens: 4, needed: 50 },
    })
  })

  test('windows follow one another; an incomplete one is left out', () => {
    expect(windowsFrom(Int32Array.of(1, 2, 3, 4, 5, 6, 7), 2, 9)).toEqual([Int32Array.of(1, 2), Int32Array.of(3, 4), Int32Array.of(5, 6)])
    expect(windowsFrom(Int32Array.of(1, 2, 3, 4), 2, 1)).toEqual([Int32Array.of(1, 2)])
  })
})

describe('folders, encodings and JSON', () => {
  const all = async (path: string): Promise<string> => tokenizer.decode(await encodeCorpus(await openCorpus(path), tokenizer, Infinity, 1))

  test('a folder is its text files in the order of their names; the rest is left out', async () => {
    await mkdir(join(folder, 'deep', 'node_modules'), { recursive: true })
    for (const [name, text] of [
      ['b.md', 'second\n'],
      ['a.txt', 'first\n'],
      ['c.PY', 'third\n'],
      ['deep/d.ts', 'fourth\n'],
      ['deep/node_modules/x.txt', 'not this\n'],
      ['empty.txt', ''],
      ['picture.png', 'not this\n'],
      ['.hidden.txt', 'not this\n'],
    ] as const)
      await fileOf(text, name)
    expect(await all(folder)).toBe('first\nsecond\nthird\nfourth\n')
    const { calibration, heldOut } = await splitCorpus(await openCorpus(folder), 0.4)
    expect([...calibration.files, ...heldOut.files].map(({ path }) => basename(path))).toEqual(['a.txt', 'b.md', 'c.PY', 'd.ts'])
    await fileOf(Uint8Array.of(0x61, 0xe9, 0x62), 'latin.txt')
    await expect(all(folder)).rejects.toMatchObject({
      code: 'corpus-invalid',
      details: { path: join(folder, 'latin.txt'), reason: 'not-utf8' },
    })
  })

  test('byte order marks are understood, and no part of the text', async () => {
    const text = 'Öl und Käse\n\nzweiter Absatz\n'
    const little = Buffer.from(`\ufeff${text}`, 'utf16le')
    expect(await all(await fileOf(`\ufeff${text}`, 'utf8.txt'))).toBe(text)
    expect(await all(await fileOf(little, 'little.txt'))).toBe(text)
    expect(await all(await fileOf(Buffer.from(little).swap16(), 'big.txt'))).toBe(text)
    for (const name of ['little.txt', 'big.txt']) {
      const { calibration, heldOut } = await splitCorpus(await openCorpus(join(folder, name)), 0.9)
      const halves = await Promise.all(
        [calibration, heldOut].map(async (part) => tokenizer.decode(await encodeCorpus(part, tokenizer, Infinity, 1))),
      )
      expect(halves).toEqual(['Öl und Käse\n\n', 'zweiter Absatz\n'])
    }
    await expect(all(await fileOf(Uint8Array.of(0xff, 0xfe, 0x00, 0xd8, 0x61, 0x00), 'half.txt'))).rejects.toMatchObject({
      code: 'corpus-invalid',
      details: { reason: 'not-utf16' },
    })
  })

  test('of JSON the texts count', async () => {
    const lines = Array.from({ length: 40 }, (_, i) => JSON.stringify({ id: i, text: `text ${i} with\na line` }))
    const texts = Array.from({ length: 40 }, (_, i) => `text ${i} with\na line\n\n`)
    expect(await all(await fileOf(`${lines.join('\n')}\n`, 'a.jsonl'))).toBe(texts.join(''))
    expect(await all(await fileOf(lines.join('\r\n'), 'b.jsonl'))).toBe(texts.join(''))
    expect(await all(await fileOf(`[${lines.join(', ')}, "a string", 7]`, 'c.json'))).toBe(`${texts.join('')}a string\n\n`)
    const { calibration, heldOut } = await splitCorpus(await openCorpus(join(folder, 'a.jsonl')), 0.5)
    const halves = await Promise.all(
      [calibration, heldOut].map(async (part) => tokenizer.decode(await encodeCorpus(part, tokenizer, Infinity, 1))),
    )
    expect(halves.join('')).toBe(texts.join(''))
    await expect(all(await fileOf('{"a": 1}\n{"a": 2}\n', 'd.jsonl'))).rejects.toMatchObject({
      code: 'corpus-invalid',
      details: { reason: 'no-text-field' },
    })
    await expect(all(await fileOf('{"text": ', 'e.json'))).rejects.toMatchObject({
      code: 'corpus-invalid',
      details: { reason: 'not-json' },
    })
    await expect(all(await fileOf('['.repeat(20_000), 'f.json'))).rejects.toMatchObject({
      code: 'corpus-invalid',
      details: { reason: 'json-too-deep' },
    })
  })

  test('a large file is read only as far as needed', async () => {
    const path = await fileOf('some words of a line\n'.repeat(1 << 19), 'large.txt')
    const { tokens, bytes, isAll } = await readTokens(await openCorpus(path), tokenizer, 1000)
    expect(tokens.length).toBeGreaterThanOrEqual(1000)
    expect(bytes).toBeLessThan(1 << 17)
    expect(isAll).toBe(false)
  })
})

describe('calibration and held-out text', () => {
  const request = {
    calibrationPath: CALIBRATION,
    heldOutPath: HELD_OUT,
    calibrationTokens: 16384,
    heldOutTokens: 8192,
    windowTokens: 128,
    mostTokens: 1e6,
  }

  test('the shipped texts make 46 windows of 128 tokens to learn from and 24 to judge on', async () => {
    const split = await readTextSplit(tokenizer, request)
    expect([split.calibration.length, split.heldOut.length]).toEqual([46, 24])
    expect(shingleOverlap(split.calibration, split.heldOut)).toBe(0)
  })

  test('with one file, its tail is held out and no byte is on both sides', async () => {
    const corpus = await openCorpus(CALIBRATION)
    const parts = await splitCorpus(corpus, 0.3)
    const [whole, calibration, heldOut] = [corpus, parts.calibration, parts.heldOut].map(({ files }) => files[0] ?? expect.fail('no file'))
    if (whole === undefined || calibration === undefined || heldOut === undefined) throw new Error('three parts')
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
    await expect(readTextSplit(tokenizer, { ...request, heldOutPath })).rejects.toMatchObject({
      code: 'corpus-overlap',
      details: { limit: 0.02 },
    })
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
      code: 'corpus-too-short',
      details: { needed: 512 },
    })
  })

  test('more tokens than a pass holds are refused, be they asked for or four windows of them', async () => {
    const few = { ...request, calibrationTokens: 1024, heldOutTokens: 1024 }
    for (const path of ['calibrationTokens', 'heldOutTokens'] as const) {
      const refused = { code: 'request-invalid', details: { problems: [{ path }] } }
      await expect(readTextSplit(tokenizer, { ...few, [path]: 16384, mostTokens: 3000 })).rejects.toMatchObject(refused)
    }
    expect((await readTextSplit(tokenizer, { ...few, mostTokens: 1024 })).calibration).toHaveLength(8)
    await expect(readTextSplit(tokenizer, { ...few, mostTokens: 511 })).rejects.toMatchObject({ code: 'request-invalid' })
  })

  test('one line cannot be split', async () => {
    const calibrationPath = await fileOf('one line only')
    await expect(readTextSplit(tokenizer, { ...request, calibrationPath, heldOutPath: null })).rejects.toMatchObject({
      code: 'corpus-too-short',
    })
  })
})
