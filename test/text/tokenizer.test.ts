import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTokenizer } from '../../src-main/text/tokenizer.ts'
import type { Tokenizer } from '../../src-main/text/tokenizer.ts'

const DEMO = 'resources/demo-model'

interface Golden {
  readonly library: string
  readonly cases: readonly ({ text: string; ids: number[] } | { file: string; tokens: number; sum: number })[]
}

let folder: string
let tokenizer: Tokenizer

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whittle-tokenizer-'))
  tokenizer = await openTokenizer(DEMO)
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

async function copyWith(file: string, content: string): Promise<void> {
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'generation_config.json', 'config.json']) {
    await cp(join(DEMO, name), join(folder, name))
  }
  await writeFile(join(folder, file), content)
}

test('ids equal those of the Python library on every tricky string', async () => {
  const golden = JSON.parse(await readFile('test/golden/tokenizer/demo-model.json', 'utf8')) as Golden
  const strings = golden.cases.filter((one) => 'text' in one)
  expect(strings.length).toBeGreaterThan(40)
  for (const { text, ids } of strings) expect([text, ...tokenizer.encode(text)]).toEqual([text, ...ids])
})

test('the shipped texts tokenize as the Python library does, and hold enough tokens', async () => {
  const golden = JSON.parse(await readFile('test/golden/tokenizer/demo-model.json', 'utf8')) as Golden
  const counts: Record<string, number> = {}
  for (const { file, tokens, sum } of golden.cases.filter((one) => 'file' in one)) {
    const ids = tokenizer.encode(await readFile(file, 'utf8'))
    expect(ids.length).toBe(tokens)
    expect(ids.reduce((total, id, i) => total + ((i % 8191) + 1) * id, 0)).toBe(sum)
    counts[file] = ids.length
  }
  expect(counts).toEqual({ 'resources/text/calibration.txt': 5977, 'resources/text/heldout.txt': 3190 })
})

test('decoding gives the text back, special tokens and odd bytes included', () => {
  for (const text of ['Hello, world', ' two  spaces\n\n\tand a tab', '<|im_start|>user\nHi<|im_end|>', '😀 你好 é', '']) {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
  }
})

test('special tokens come from all three config files', () => {
  expect(tokenizer.special).toEqual({
    bos: 4093,
    eos: 4093,
    pad: 4093,
    unknown: null,
    eot: null,
    eom: null,
    ends: [4093],
    addBos: false,
    addEos: false,
  })
  expect(tokenizer.vocabularySize).toBe(4096)
  expect(tokenizer.chatTemplate).toBeNull()
})

test('every id that ends generation is gathered, and the tokenizer names the first', async () => {
  await copyWith('generation_config.json', JSON.stringify({ eos_token_id: [4095, 4093] }))
  const { special } = await openTokenizer(folder)
  expect(special.eos).toBe(4093)
  expect(special.ends).toEqual([4093, 4095])
})

test('a chat template file wins over the one in tokenizer_config.json', async () => {
  await copyWith('tokenizer_config.json', JSON.stringify({ chat_template: 'old' }))
  expect((await openTokenizer(folder)).chatTemplate).toBe('old')
  await writeFile(join(folder, 'chat_template.jinja'), 'new')
  expect((await openTokenizer(folder)).chatTemplate).toBe('new')
})

test('a folder without tokenizer.json is refused', async () => {
  await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'tokenizer-missing', details: { folder } })
})

test.each([
  ['not JSON', '{"model": '],
  ['no model', '{"added_tokens": []}'],
  [
    'a model of no known type',
    '{"model": {"type": "Abacus", "vocab": {}}, "decoder": null, "post_processor": null, "pre_tokenizer": null, "normalizer": null}',
  ],
  ['a list', '[]'],
])('a tokenizer.json that is %s is refused', async (_, content) => {
  await copyWith('tokenizer.json', content)
  await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'tokenizer-invalid' })
})
