import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PRE_TOKENIZERS, runnable } from '../../src-main/text/pre-tokenizer-rows.ts'
import { namesCuttingAlike } from '../../src-main/text/same-as.ts'
import { tokenizerMetadata } from '../../src-main/text/gguf-tokenizer.ts'
import { openTokenizer } from '../../src-main/text/tokenizer.ts'
import type { TokenizerJson } from '../../src-main/text/tokenizer-files.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false }
const isolated = (Regex: string) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false })

function tokenizerOf(pre_tokenizer: unknown, normalizer: unknown = null, model: object = {}): TokenizerJson {
  return {
    added_tokens: [],
    normalizer,
    pre_tokenizer,
    post_processor: null,
    decoder: null,
    model: { type: 'BPE', vocab: {}, merges: [], ...model },
  }
}

/** Qwen's pattern in another spelling: the same texts are cut alike, and nothing else tells so. */
const RESPELLED =
  "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|[^\\n\\r\\p{N}\\p{L}]?\\p{L}+|\\p{N}| ?[^\\s\\p{N}\\p{L}]+[\\n\\r]*|\\s*[\\n\\r]+|\\s+(?!\\S)|\\s+"
const respelled = { type: 'Sequence', pretokenizers: [isolated(RESPELLED), byteLevel] }

test('the texts tell every known way to cut from every other', async () => {
  for (const row of PRE_TOKENIZERS) {
    const alike = PRE_TOKENIZERS.filter(({ steps }) => JSON.stringify(steps) === JSON.stringify(row.steps)).map(({ names }) => names[0])
    expect(await namesCuttingAlike(tokenizerOf(runnable(row)))).toEqual(alike)
  }
})

test('another spelling of a known pattern fits that one alone, composed letters or not', async () => {
  expect(await namesCuttingAlike(tokenizerOf(respelled))).toEqual(['qwen2'])
  expect(await namesCuttingAlike(tokenizerOf(respelled, { type: 'NFC' }))).toEqual(['qwen2'])
})

test.each<[string, TokenizerJson]>([
  ['changes the text', tokenizerOf(respelled, { type: 'Lowercase' })],
  ['cuts otherwise', tokenizerOf({ type: 'Sequence', pretokenizers: [isolated('\\w+'), byteLevel] })],
  ['cuts alike, but for words taken whole', tokenizerOf(respelled, null, { ignore_merges: true, vocab: { abc: 0 }, merges: ['a b'] })],
  ['is of a step nobody knows', tokenizerOf({ type: 'Abacus' })],
  ['is no regular expression', tokenizerOf(isolated('('))],
])('what %s fits none', async (_, tokenizer) => {
  expect(await namesCuttingAlike(tokenizer)).toEqual([])
})

test('a pattern that runs for ever is stopped, and fits none', async () => {
  const begun = performance.now()
  expect(await namesCuttingAlike(tokenizerOf(isolated('([a-z ]+)+\\u0001')), 500)).toEqual([])
  expect(performance.now() - begun).toBeLessThan(5000)
})

async function folderOf(tokenizer: TokenizerJson): Promise<string> {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer))
  return folder
}

const model = { vocab: { a: 0, b: 1, ab: 2, '1': 3 }, merges: ['a b'] }

test('an unknown tokenizer is a choice among the names that fit, and one that was chosen is used by all', async () => {
  const folder = await folderOf(tokenizerOf(respelled, null, model))
  const refused = { code: 'pretokenizer-unknown', details: { fits: ['qwen2'], pattern: `${RESPELLED} | bytes` } }
  await expect(openTokenizer(folder)).rejects.toMatchObject(refused)
  await expect(tokenizerMetadata(folder, 4)).rejects.toMatchObject(refused)
  await expect(openTokenizer(folder, 'llama-bpe')).rejects.toMatchObject(refused)
  await expect(openTokenizer(folder, 'no-such-name')).rejects.toMatchObject(refused)
  expect([...(await openTokenizer(folder, 'qwen2')).encode('ab11')]).toEqual([2, 3, 3])
  expect((await tokenizerMetadata(folder, 4, { sameAs: 'qwen2' })).get('tokenizer.ggml.pre')?.value).toBe('qwen2')
  // What cuts alike may be called by any of its names.
  expect((await tokenizerMetadata(folder, 4, { sameAs: 'hunyuan' })).get('tokenizer.ggml.pre')?.value).toBe('hunyuan')
})

test('a name chosen for a tokenizer that is known and cuts otherwise is refused', async () => {
  const folder = await folderOf(tokenizerOf({ ...byteLevel, use_regex: true }, null, model))
  await expect(openTokenizer(folder, 'qwen2')).rejects.toMatchObject({
    code: 'request-invalid',
    details: { problems: [{ path: 'preTokenizer', reason: 'cut-known', name: 'gpt-2' }] },
  })
  expect((await tokenizerMetadata(folder, 4, { sameAs: 'olmo' })).get('tokenizer.ggml.pre')?.value).toBe('olmo')
})
