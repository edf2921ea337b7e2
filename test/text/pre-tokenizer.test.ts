import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { recognizePreTokenizer } from '../../src-main/text/pre-tokenizer.ts'
import { PRE_TOKENIZERS } from '../../src-main/text/pre-tokenizer-rows.ts'
import type { TokenizerJson } from '../../src-main/text/tokenizer-files.ts'

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false }

function tokenizerWith(patterns: readonly string[], ignoreMerges = false, normalizer: unknown = null): TokenizerJson {
  const splits = patterns.map((Regex) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false }))
  return {
    added_tokens: [],
    normalizer,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [...splits, byteLevel] },
    post_processor: null,
    decoder: null,
    model: { type: 'BPE', vocab: {}, merges: [], ignore_merges: ignoreMerges },
  }
}

// As the published tokenizer.json files spell them.
const QWEN2 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
const LLAMA3 = QWEN2.replace('|\\p{N}|', '|\\p{N}{1,3}|')
const DEEPSEEK3 = [
  '\\p{N}{1,3}',
  '[一-龥぀-ゟ゠-ヿ]+',
  '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+',
]
const CASED = '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+'
const UPPER = '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*'
const SHORT = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
const TAIL = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'

test.each<[string, TokenizerJson]>([
  ['qwen2', tokenizerWith([QWEN2], false, { type: 'NFC' })],
  [
    'qwen35',
    tokenizerWith(
      [
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
      ],
      false,
      { type: 'NFC' },
    ),
  ],
  ['llama-bpe', tokenizerWith([LLAMA3], true)],
  ['deepseek-v3', tokenizerWith(DEEPSEEK3, false, { type: 'Sequence', normalizers: [] })],
  ['gpt-4o', tokenizerWith([`${CASED}${SHORT}|${UPPER}${SHORT}|\\p{N}{1,3}|${TAIL}`])],
  ['tekken', tokenizerWith([`${CASED}|${UPPER}|\\p{N}|${TAIL}`], true)],
  ['gpt-2', { ...tokenizerWith([]), pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true } }],
])('recognizes %s', (name, tokenizer) => {
  expect(recognizePreTokenizer(tokenizer).name).toBe(name)
})

test('recognizes the demo model as qwen2', async () => {
  const demo = JSON.parse(await readFile('resources/demo-model/tokenizer.json', 'utf8')) as TokenizerJson
  expect(recognizePreTokenizer(demo).name).toBe('qwen2')
})

/** A vocabulary with a whole word that merging its letters does not give. */
const UNREACHED = { vocab: { a: 0, b: 1, c: 2, ab: 3, abc: 4 }, merges: ['a b'] }

function withModel(tokenizer: TokenizerJson, model: object): TokenizerJson {
  return { ...tokenizer, model: { ...tokenizer.model, ...model } }
}

test.each<[string, TokenizerJson]>([
  ['one character of the pattern differs', tokenizerWith([QWEN2.replace('\\p{N}|', '\\p{N}+|')])],
  ["Qwen's pattern with the whole-word rule", withModel(tokenizerWith([QWEN2], true), UNREACHED)],
  ["Mistral's pattern without its rule about whole words", withModel(tokenizerWith([`${CASED}|${UPPER}|\\p{N}|${TAIL}`]), UNREACHED)],
  ['a normalizer that changes text', tokenizerWith([QWEN2], false, { type: 'Lowercase' })],
  ['spaces are put in front', { ...tokenizerWith([]), pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true } }],
  ['no pre-tokenizer', { ...tokenizerWith([]), pre_tokenizer: null }],
  [
    'a split that drops what it matches',
    {
      ...tokenizerWith([]),
      pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Split', pattern: { Regex: QWEN2 }, behavior: 'Removed' }, byteLevel] },
    },
  ],
])('does not guess: %s', (_, tokenizer) => {
  expect(recognizePreTokenizer(tokenizer).name).toBeNull()
})

test('whole words are taken alike where merging gives each of them', () => {
  const reached = { ...UNREACHED, merges: ['a b', 'ab c'] }
  expect(recognizePreTokenizer(withModel(tokenizerWith([QWEN2], true), reached)).name).toBe('qwen2')
  expect(recognizePreTokenizer(withModel(tokenizerWith([LLAMA3], true), UNREACHED)).name).toBe('llama-bpe')
  expect(recognizePreTokenizer(withModel(tokenizerWith([LLAMA3], false), UNREACHED)).name).toBe('glm4')
})

test('what is not known is told as it was found', () => {
  expect(recognizePreTokenizer(tokenizerWith(['\\w+']))).toEqual({ name: null, pattern: '\\w+ | bytes' })
})

test('every name is one way to cut text, and no way has two', () => {
  const names = PRE_TOKENIZERS.flatMap((row) => row.names)
  expect(new Set(names).size).toBe(names.length)
  const ways = PRE_TOKENIZERS.map(({ steps, ignoreMerges }) => JSON.stringify([steps, ignoreMerges]))
  expect(new Set(ways).size).toBe(ways.length)
})
