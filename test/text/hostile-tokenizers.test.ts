import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readLicense } from '../../src-main/model/license.ts'
import { openTokenizer } from '../../src-main/text/tokenizer.ts'
import { readTokenizerFiles } from '../../src-main/text/tokenizer-files.ts'
import { writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'
import { temporaryFolder } from '../store/example.ts'

/** A tiny model's folder, and a way to change its tokenizer.json. */
async function model() {
  const folder = join(temporaryFolder(), 'model')
  await writeTinyCheckpoint(folder, { tokenizer: true })
  const path = join(folder, 'tokenizer.json')
  const change = (part: object): void =>
    writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), ...part }))
  return { folder, path, change }
}

const invalid = { code: 'tokenizer-invalid' }

test('a token id far from the others is refused before anything counts up to it', async () => {
  const { folder, change } = await model()
  change({ added_tokens: [{ id: 4_294_967_294, content: '<far>', special: true }] })
  const begun = performance.now()
  await expect(openTokenizer(folder)).rejects.toMatchObject(invalid)
  change({ added_tokens: [], model: { type: 'BPE', vocab: { a: 0, b: 3_999_999_999 }, merges: [] } })
  await expect(openTokenizer(folder)).rejects.toMatchObject({ ...invalid, details: { token: 'b' } })
  expect(performance.now() - begun).toBeLessThan(2000)
})

test('an id is a number: text that looks like one would count as the index of a list', async () => {
  const { folder, change } = await model()
  change({ added_tokens: [], model: { type: 'BPE', vocab: { a: 0, b: '4294967294' }, merges: [] } })
  await expect(openTokenizer(folder)).rejects.toMatchObject({ ...invalid, details: { reason: 'token-id', token: 'b' } })
})

test('an id is not far above the number of tokens', async () => {
  const { folder, change } = await model()
  change({ added_tokens: [], model: { type: 'BPE', vocab: { a: 0, b: 3_999_999 }, merges: [] } })
  await expect(openTokenizer(folder)).rejects.toMatchObject({ ...invalid, details: { reason: 'token-id', token: 'b' } })
})

test.each([
  ['many added tokens', Array.from({ length: 70_000 }, (_, at) => ({ id: at, content: `<${at}>` }))],
  ['an endless added token', [{ id: 1, content: 'x'.repeat(5_000_000) }]],
])('%s are refused before a tree of letters is built', async (_, added) => {
  const { folder, change } = await model()
  change({ added_tokens: added })
  await expect(openTokenizer(folder)).rejects.toMatchObject(invalid)
})

test("a normalizer of the file's own does not run while the library builds", async () => {
  const { folder, change } = await model()
  const content = 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz'
  change({
    added_tokens: [{ id: 1, content, normalized: true }],
    normalizer: { type: 'Replace', pattern: { Regex: '([a-z ]+)+\u0001' }, content: '' },
  })
  await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'pretokenizer-unknown' })
  change({ normalizer: { type: 'Sequence', normalizers: Array.from({ length: 1000 }, () => ({ type: 'NFC' })) } })
  await expect(openTokenizer(folder)).rejects.toMatchObject(invalid)
})

test.each([
  ['of another kind', { type: 'Unigram', vocab: [['a', 0]], merges: [] }, 'model-not-bpe'],
  ['that marks the ends of words', { type: 'BPE', vocab: { a: 0 }, merges: [], end_of_word_suffix: '</w>' }, 'unexpected-content'],
])('a model %s is refused before the library builds it', async (_, changed, reason) => {
  const { folder, change } = await model()
  change({ added_tokens: [], model: changed })
  await expect(openTokenizer(folder)).rejects.toMatchObject({ ...invalid, details: { reason } })
})

test('words too long to be merged are no proof that whole words make no difference, and are not tried', async () => {
  const { folder, change } = await model()
  const vocab = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [String.fromCharCode(97 + (at % 26)).repeat(20_000 + at), at]))
  change({ added_tokens: [], model: { type: 'BPE', vocab, merges: [], ignore_merges: true } })
  const begun = performance.now()
  await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'pretokenizer-unknown' })
  expect(performance.now() - begun).toBeLessThan(5000)
})

test.each([
  [
    'repeats the text',
    { type: 'TemplateProcessing', single: Array.from({ length: 50_000 }, () => ({ Sequence: { id: 'A', type_id: 0 } })), pair: [] },
  ],
  ['is none', { type: 'TemplateProcessing', single: 7 }],
])('a post-processor that %s has no part in encoding', async (_, processor) => {
  const { folder, change } = await model()
  const ids = (await openTokenizer(folder)).encode('some text')
  change({ post_processor: processor })
  expect((await openTokenizer(folder)).encode('some text')).toEqual(ids)
})

const doubling = { type: 'Replace', pattern: { String: 'e' }, content: 'ee' }

test.each([
  ['a text that grows', { type: 'Sequence', decoders: Array.from({ length: 12 }, () => doubling) }],
  ['a text that grows out of nothing', { type: 'Replace', pattern: { String: '' }, content: '' }],
  ['what was found put in again', { type: 'Replace', pattern: { String: 'abc' }, content: '$`' }],
  ['steps without number', { type: 'Sequence', decoders: Array.from({ length: 100 }, () => ({ type: 'Fuse' })) }],
  ['a regular expression', { type: 'Sequence', decoders: [{ type: 'Replace', pattern: { Regex: '([a-z ]+)+\u0001' }, content: '' }] }],
  ['a step nobody knows', { type: 'Sequence', decoders: [{ type: 'Evaluate' }] }],
  ['no step', 'x'],
])('a decoder with %s is refused', async (_, decoder) => {
  const { folder, change } = await model()
  change({ decoder })
  await expect(openTokenizer(folder)).rejects.toMatchObject(invalid)
})

test('decoders as they are in use pass', async () => {
  const { folder, change } = await model()
  const llama = [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
    { type: 'Strip', content: ' ', start: 1, stop: 0 },
  ]
  for (const decoder of [null, { type: 'ByteLevel' }, { type: 'Sequence', decoders: llama }]) {
    change({ decoder })
    await expect(openTokenizer(folder), JSON.stringify(decoder)).resolves.toBeDefined()
  }
})

test('steps within steps without end are refused, not a full stack', async () => {
  const { folder, path } = await model()
  const whole = readFileSync(path, 'utf8').trimEnd()
  writeFileSync(path, `${whole.slice(0, -1)},"pre_tokenizer":${'{"type":"Sequence","pretokenizers":['.repeat(5000)}${']}'.repeat(5000)}}`)
  await expect(openTokenizer(folder)).rejects.toMatchObject({ ...invalid, details: { reason: 'json-depth', most: 32 } })
})

test('a file of a size that no tokenizer has is refused before it is read', async () => {
  const { folder, path } = await model()
  truncateSync(path, 450_000_000) // all hole: nothing of it lies on the disk
  await expect(openTokenizer(folder)).rejects.toMatchObject({ ...invalid, details: { reason: 'too-long' } })
})

test('more values than any tokenizer has are refused before they are made', async () => {
  const { folder, path } = await model()
  writeFileSync(path, `[${'[],'.repeat(7_000_000)}1]`)
  const begun = performance.now()
  await expect(openTokenizer(folder)).rejects.toMatchObject({ ...invalid, details: { reason: 'json-values' } })
  expect(performance.now() - begun).toBeLessThan(5000)
})

test
  .skipIf(process.platform === 'win32')
  .each(['tokenizer_config.json', 'generation_config.json', 'chat_template.jinja', 'README.md', 'LICENSE'])(
  'a pipe named %s is passed over',
  async (name) => {
    const { folder } = await model()
    rmSync(join(folder, name), { force: true })
    execFileSync('mkfifo', [join(folder, name)])
    await expect(openTokenizer(folder)).resolves.toBeDefined()
    await expect(readLicense(folder)).resolves.toBeNull()
  },
)

test.skipIf(process.platform === 'win32')('a pipe in the place of a file is no file, and nobody waits for it', async () => {
  const { folder, path } = await model()
  rmSync(path)
  execFileSync('mkfifo', [path])
  await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'tokenizer-missing' })
})

test.skipIf(process.platform === 'win32')(
  "a link that leads out of the folder is refused: nobody's private file becomes a chat template",
  async () => {
    const { folder } = await model()
    writeFileSync(join(folder, '..', 'secret.txt'), 'private')
    symlinkSync('../secret.txt', join(folder, 'chat_template.jinja'))
    await expect(readTokenizerFiles(folder)).rejects.toMatchObject({ code: 'shard-path-escapes', details: { file: 'chat_template.jinja' } })
  },
)
