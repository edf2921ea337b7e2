import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { openSource } from '../../src-main/pipeline/source.ts'
import { previewTexts } from '../../src-main/pipeline/text-preview.ts'
import { readWindows } from '../../src-main/pipeline/text.ts'
import { TINY_SHAPE } from '../fixtures/tiny-checkpoint.ts'
import { temporaryFolder } from '../store/example.ts'
import { makeExample, recipeOf, words } from './job-example.ts'
import type { JobExample } from './job-example.ts'

async function previewed(example: JobExample, changes: Parameters<typeof recipeOf>[1] = {}) {
  const source = await openSource(example.model, referenceKernels)
  await source.model.close()
  return { preview: await previewTexts(recipeOf(example, changes), source, example.folders), source }
}

async function templateOf(example: JobExample, template: string): Promise<void> {
  const path = join(example.model, 'tokenizer_config.json')
  await writeFile(path, JSON.stringify({ ...(JSON.parse(await readFile(path, 'utf8')) as object), chat_template: template }))
}

test('says of both texts what a run will use, and shows the first window and a chat', async () => {
  const example = await makeExample(temporaryFolder(), TINY_SHAPE)
  await templateOf(example, '{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}')
  const { preview, source } = await previewed(example)
  const split = await readWindows(recipeOf(example), source, example.folders)
  const tokens = source.tokenizer.encode(await readFile(join(example.folders.resources, 'text', 'calibration.txt'), 'utf8')).length
  expect(preview.calibration).toEqual({
    source: 'calibration.txt',
    tokens: expect.any(Number) as number,
    used: split.calibration.length * 64,
  })
  expect(preview.calibration.tokens).toBeGreaterThan(0.9 * tokens)
  expect(preview.calibration.tokens).toBeLessThan(1.1 * tokens)
  expect(preview.heldOut).toMatchObject({ source: 'heldout.txt', used: split.heldOut.length * 64 })
  expect(preview.sample).toBe(source.tokenizer.decode(split.calibration[0] ?? []))
  expect(preview.chat).toBe('<user>Name a color.<assistant>Green.')
  expect(preview.problems).toEqual([])
})

test('what a run would refuse is among the problems, in its own words', async () => {
  const example = await makeExample(temporaryFolder(), TINY_SHAPE)
  const file = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(join(example.root, name), content)
    return join(example.root, name)
  }
  const codes = async (changes: Parameters<typeof recipeOf>[1]) => {
    const { preview, source } = await previewed(example, changes)
    const [first] = preview.problems
    // A run must fail with the very same.
    await expect(readWindows(recipeOf(example, changes), source, example.folders)).rejects.toMatchObject({ code: first?.code })
    return preview.problems.map(({ code }) => code)
  }
  const own = await file('own.txt', words(5, 700))
  expect(await codes({ corpusPath: own, heldOutPath: own })).toEqual(['corpus-overlap'])
  expect(await codes({ corpusPath: await file('short.txt', 'a few words\n\nand more\n') })).toEqual([
    'corpus-too-short',
    'corpus-too-short',
  ])
  expect(await codes({ corpusPath: await file('latin.txt', Uint8Array.of(0x61, 0xe4, 0x62)), heldOutPath: own })).toEqual([
    'corpus-invalid',
  ])
  expect(await codes({ corpusPath: join(example.root, 'nothing.txt') })).toEqual(['corpus-not-found'])
  expect(await codes({ windowTokens: 512 })).toContain('request-invalid')
  await templateOf(example, '{% for i in range(99999999) %}{{ i }}{% endfor %}')
  const { preview } = await previewed(example)
  expect(preview).toMatchObject({ chat: null, problems: [{ code: 'template-invalid' }] })
  expect(preview.calibration.used).toBeGreaterThan(0)
})

test('of a long text only the beginning is read', async () => {
  const example = await makeExample(temporaryFolder(), TINY_SHAPE)
  const corpusPath = join(example.root, 'long.txt')
  const text = words(6, 30_000)
  await writeFile(corpusPath, text)
  const { preview, source } = await previewed(example, {
    corpusPath,
    heldOutPath: join(example.folders.resources, 'text', 'heldout.txt'),
    calibrationTokens: 60_000,
  })
  const whole = source.tokenizer.encode(text).length
  expect(Math.abs(preview.calibration.tokens / whole - 1)).toBeLessThan(0.05)
  expect(preview.calibration.used).toBe(Math.floor(60_000 / 64) * 64)
})
