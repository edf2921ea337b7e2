import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTokenizer } from '../../src-main/text/tokenizer.ts'
import { readTokenizerFiles } from '../../src-main/text/tokenizer-files.ts'
import { writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'
import { temporaryFolder } from '../store/example.ts'

/** A tiny model's folder, and a way to change its tokenizer.json. */
async function model() {
  const folder = join(temporaryFolder(), 'model')
  await writeTinyCheckpoint(folder, { tokenizer: true })
  const path = join(folder, 'tokenizer.json')
  const change = (part: object): void => writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')) as object, ...part }))
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

test.each([
  ['a regular expression', { type: 'Sequence', decoders: [{ type: 'Replace', pattern: { Regex: '([a-z ]+)+\u0001' }, content: '' }] }],
  ['a step nobody knows', { type: 'Sequence', decoders: [{ type: 'Evaluate' }] }], ['no step', 'x'],
])('a decoder with %s is refused', async (_, decoder) => {
  const { folder, change } = await model()
  change({ decoder })
  await expect(openTokenizer(folder)).rejects.toMatchObject(invalid)
})

test('decoders as they are in use pass', async () => {
  const { folder, change } = await model()
  const llama = [{ type: 'Replace', pattern: { String: '▁' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }]
  for (const decoder of [null, { type: 'ByteLevel' }, { type: 'Sequence', decoders: llama }]) {
    change({ decoder })
    await expect(openTokenizer(folder), JSON.stringify(decoder)).resolves.toBeDefined()
  }
})

test('steps within steps without end are refused, not a full stack', async () => {
  const { folder, path } = await model()
  const whole = readFileSync(path, 'utf8').trimEnd()
  writeFileSync(path, `${whole.slice(0, -1)},"pre_tokenizer":${'{"type":"Sequence","pretokenizers":['.repeat(5000)}${']}'.repeat(5000)}}`)
  await expect(openTokenizer(folder)).rejects.toMatchObject({ ...invalid, details: { reason: 'nested deeper than 32' } })
})

test('a file of a size that no tokenizer has is refused before it is read', async () => {
  const { folder, path } = await model()
  truncateSync(path, 450_000_000)
  await expect(openTokenizer(folder)).rejects.toMatchObject({ ...invalid, details: { reason: expect.stringContaining('is longer than') } })
})

test.skipIf(process.platform === 'win32')('a pipe in the place of a file is no file, and nobody waits for it', async () => {
  const { folder, path } = await model()
  rmSync(path)
  execFileSync('mkfifo', [path])
  await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'tokenizer-missing' })
})

test.skipIf(process.platform === 'win32')('a link that leads out of the folder is refused: nobody\'s private file becomes a chat template', async () => {
  const { folder } = await model()
  writeFileSync(join(folder, '..', 'secret.txt'), 'private')
  symlinkSync('../secret.txt', join(folder, 'chat_template.jinja'))
  await expect(readTokenizerFiles(folder)).rejects.toMatchObject({ code: 'shard-path-escapes', details: { file: 'chat_template.jinja' } })
})
