import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tokenizerMetadata } from '../../src-main/text/gguf-tokenizer.ts'
import { openTokenizer } from '../../src-main/text/tokenizer.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whittle-vocabulary-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

const byteLevel = { type: 'ByteLevel', add_prefix_space: false }

/** A vocabulary of six tokens with a hole at 4. */
function tinyTokenizer(change: Record<string, unknown> = {}, model: Record<string, unknown> = {}): string {
  return JSON.stringify({
    added_tokens: [
      { id: 3, content: '<|end|>', special: true },
      { id: 5, content: '<think>', special: false },
      { id: 6, content: '<|odd|>', special: false },
      { id: 7, content: 'a▁b', special: false },
    ],
    normalizer: null,
    pre_tokenizer: byteLevel,
    decoder: byteLevel,
    post_processor: null,
    ...change,
    model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'], ignore_merges: false, ...model },
  })
}

test('the demo model: every key llama.cpp reads, in order', async () => {
  const keys = await tokenizerMetadata('resources/demo-model', 4096)
  expect([...keys.keys()]).toEqual([
    'tokenizer.ggml.model',
    'tokenizer.ggml.pre',
    'tokenizer.ggml.tokens',
    'tokenizer.ggml.token_type',
    'tokenizer.ggml.merges',
    'tokenizer.ggml.bos_token_id',
    'tokenizer.ggml.eos_token_id',
    'tokenizer.ggml.padding_token_id',
    'tokenizer.ggml.add_bos_token',
  ])
  expect(keys.get('tokenizer.ggml.pre')).toEqual({ type: 'string', value: 'qwen2' })
  expect(keys.get('tokenizer.ggml.eos_token_id')).toEqual({ type: 'u32', value: 4093 })
  expect(keys.get('tokenizer.ggml.add_bos_token')).toEqual({ type: 'bool', value: false })
  const merges = keys.get('tokenizer.ggml.merges')?.value
  expect(merges).toHaveLength(3837)
  expect(merges).toEqual(expect.arrayContaining(['Ġ t', 'writ er']))
})

test('holes become unused padding, added tokens control or user-defined', async () => {
  await writeFile(join(folder, 'tokenizer.json'), tinyTokenizer())
  const keys = await tokenizerMetadata(folder, 10)
  expect(keys.get('tokenizer.ggml.tokens')?.value).toEqual([
    'a',
    'b',
    'ab',
    '<|end|>',
    '[PAD4]',
    '<think>',
    '<|odd|>',
    'a b',
    '[PAD8]',
    '[PAD9]',
  ])
  expect(keys.get('tokenizer.ggml.token_type')?.value).toEqual([1, 1, 1, 3, 5, 4, 3, 4, 5, 5])
})

test('merges in pairs are joined, their own spaces kept apart from the separator', async () => {
  await writeFile(
    join(folder, 'tokenizer.json'),
    tinyTokenizer(
      {},
      {
        merges: [
          ['a', 'b'],
          ['c d', 'e'],
        ],
      },
    ),
  )
  expect((await tokenizerMetadata(folder, 8)).get('tokenizer.ggml.merges')?.value).toEqual(['a b', 'cĠd e'])
})

test('a post-processor that opens with a special token means a beginning-of-text token is added', async () => {
  const template = { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '<|end|>' } }, { Sequence: { id: 'A' } }], pair: [] }
  await writeFile(
    join(folder, 'tokenizer.json'),
    tinyTokenizer({ post_processor: { type: 'Sequence', processors: [byteLevel, template] } }),
  )
  expect((await tokenizerMetadata(folder, 8)).get('tokenizer.ggml.add_bos_token')?.value).toBe(true)
})

test('chat templates are carried, the default and the named ones', async () => {
  await writeFile(join(folder, 'tokenizer.json'), tinyTokenizer())
  const templates = [
    { name: 'default', template: 'D' },
    { name: 'tool_use', template: 'T' },
  ]
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ chat_template: templates }))
  const keys = await tokenizerMetadata(folder, 8)
  expect(keys.get('tokenizer.chat_template')?.value).toBe('D')
  expect(keys.get('tokenizer.chat_template.tool_use')?.value).toBe('T')
  expect(keys.get('tokenizer.chat_templates')?.value).toEqual(['tool_use'])
})

test('GLM stops where its family stops, whatever its files say', async () => {
  const tokens = ['<|endoftext|>', '[gMASK]', '<sop>', '<|user|>', '<|observation|>']
  const added = tokens.map((content, at) => ({ id: 10 + at, content, special: true }))
  await writeFile(join(folder, 'tokenizer.json'), tinyTokenizer({ added_tokens: added }))
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ eos_token: '<|user|>', pad_token: '<|endoftext|>' }))
  const keys = await tokenizerMetadata(folder, 15)
  const idOf = (name: string): unknown => keys.get(`tokenizer.ggml.${name}_token_id`)?.value
  expect(['bos', 'eos', 'eot', 'eom', 'unknown', 'padding'].map(idOf)).toEqual([11, 10, 13, 14, 10, 10])
  expect((await openTokenizer(folder)).special).toMatchObject({ bos: 11, eos: 10, eot: 13, eom: 14, ends: [10, 13, 14] })
})

test("a family's rule names the pre-tokenizer among those that cut alike, special tokens, and what is to be seen", async () => {
  await writeFile(join(folder, 'tokenizer.json'), tinyTokenizer())
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ eos_token: '<|odd|>', add_bos_token: true, add_eos_token: true }))
  const rule = { preTokenizer: 'olmo', special: { eos: '<|end|>', bos: '<|absent|>' }, addBos: false, visible: ['<|odd|>'] }
  const keys = await tokenizerMetadata(folder, 8, { rule })
  expect(keys.get('tokenizer.ggml.pre')?.value).toBe('olmo')
  expect(keys.get('tokenizer.ggml.eos_token_id')?.value).toBe(3)
  expect(keys.has('tokenizer.ggml.bos_token_id')).toBe(false)
  expect(keys.get('tokenizer.ggml.add_bos_token')?.value).toBe(false)
  expect(keys.get('tokenizer.ggml.add_eos_token')?.value).toBe(true)
  expect(keys.get('tokenizer.ggml.token_type')?.value).toEqual([1, 1, 1, 3, 5, 4, 4, 4])
  const other = await tokenizerMetadata(folder, 8, { rule: { preTokenizer: 'glm4' } })
  expect(other.get('tokenizer.ggml.pre')?.value).toBe('gpt-2')
})

test('tokens that only tokenizer_config.json adds are tokens, here and in the file', async () => {
  await writeFile(join(folder, 'tokenizer.json'), tinyTokenizer())
  const later = {
    3: { content: '<|other|>', special: true },
    8: { content: '<|late|>', special: true },
    9: { content: '<tool>', special: false },
    10: { content: 'ab' },
    11: 'no token',
    x: { content: '<|nowhere|>' },
  }
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ added_tokens_decoder: later }))
  const keys = await tokenizerMetadata(folder, 11)
  expect((keys.get('tokenizer.ggml.tokens')?.value as string[]).slice(8)).toEqual(['<|late|>', '<tool>', '[PAD10]'])
  expect((keys.get('tokenizer.ggml.token_type')?.value as number[]).slice(8)).toEqual([3, 4, 5])
  expect([...(await openTokenizer(folder)).encode('ab<|late|>b<tool>')]).toEqual([2, 8, 1, 9])
  // Without a row of the embedding it is none.
  await writeFile(join(folder, 'config.json'), JSON.stringify({ vocab_size: 9 }))
  expect((await tokenizerMetadata(folder, 9)).get('tokenizer.ggml.tokens')?.value).toContain('<|late|>')
  await expect(tokenizerMetadata(folder, 8)).rejects.toMatchObject({ details: { reason: 'more-tokens-than-rows' } })
})

test.each<[string, string, number, string]>([
  ['more tokens than embedding rows', tinyTokenizer(), 7, 'more-tokens-than-rows'],
  ['two tokens with one id', tinyTokenizer({}, { vocab: { a: 0, b: 0 } }), 8, 'token-id-twice'],
  ['a fractional id', tinyTokenizer({}, { vocab: { a: 0.5 } }), 8, 'token-id'],
  ['an id that would fill the memory', tinyTokenizer({}, { vocab: { a: 2 ** 40 } }), 8, 'token-id'],
  ['no vocabulary', tinyTokenizer({}, { vocab: null }), 8, 'vocabulary-missing'],
  ['a model that is not BPE', tinyTokenizer({}, { type: 'Unigram' }), 8, 'model-not-bpe'],
  ['a damaged merge', tinyTokenizer({}, { merges: ['a b', 'ab'] }), 8, 'merge'],
  ['no merges', tinyTokenizer({}, { merges: null }), 8, 'merge'],
  ['a token twice', tinyTokenizer({ added_tokens: [{ id: 3, content: 'a', special: true }] }), 8, 'token-twice'],
])('refuses %s', async (_, content, rows, reason) => {
  await writeFile(join(folder, 'tokenizer.json'), content)
  await expect(tokenizerMetadata(folder, rows)).rejects.toMatchObject({ code: 'tokenizer-invalid', details: { reason } })
})

test('a special token beyond the embedding is refused', async () => {
  await writeFile(join(folder, 'tokenizer.json'), tinyTokenizer())
  await writeFile(join(folder, 'generation_config.json'), JSON.stringify({ eos_token_id: 99 }))
  await expect(tokenizerMetadata(folder, 8)).rejects.toMatchObject({ details: { reason: 'special-token-out-of-range', id: 99 } })
})
