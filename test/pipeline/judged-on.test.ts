import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SOURCE_ROOT } from '../../src-main/hosts/workplace.ts'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { judgedOn } from '../../src-main/pipeline/judged-on.ts'
import { openSource } from '../../src-main/pipeline/source.ts'
import { TINY_SHAPE } from '../fixtures/tiny-checkpoint.ts'
import { temporaryFolder } from '../store/example.ts'
import { eventsOfJob, finishJob, makeExample, prepared, recipeOf, reportOf, words } from './job-example.ts'

const HEX = /^[0-9a-f]{64}$/

test('a file and a folder judged on the same text say so; another text or other windows are another ground', async () => {
  const example = await makeExample(temporaryFolder(), TINY_SHAPE)
  await cp(join(SOURCE_ROOT, 'resources', 'modeling'), join(example.folders.resources, 'modeling'), { recursive: true })
  const judged = async (changes: Parameters<typeof recipeOf>[1]) => {
    const recipe = recipeOf(example, changes)
    return reportOf(await eventsOfJob(finishJob(example, recipe, await prepared(example, recipe)))).judgedOn
  }
  const file = await judged({ budget: { kind: 'percent', percent: 60 } })
  expect(file?.heldOut).toMatch(HEX)
  expect(file?.tokenizer).toMatch(HEX)
  expect(await judged({ method: 'rtn', format: 'safetensors', budget: { kind: 'bits', bitsPerWeight: 4 } })).toEqual(file)
  const other = join(example.root, 'other.txt')
  await writeFile(other, words(9, 700))
  const elsewhere = await judged({ heldOutPath: other })
  expect(elsewhere?.tokenizer).toBe(file?.tokenizer)
  expect(elsewhere?.heldOut).not.toBe(file?.heldOut)
})

test('the tokenizer is told apart by what it does to text, not by its chat template', async () => {
  const example = await makeExample(temporaryFolder(), TINY_SHAPE)
  const windows = [Int32Array.of(1, 2), Int32Array.of(3)]
  const now = async () => {
    const source = await openSource(example.model, referenceKernels)
    await source.model.close()
    return judgedOn(source, windows)
  }
  const before = await now()
  const config = join(example.model, 'tokenizer_config.json')
  await writeFile(
    config,
    JSON.stringify({ ...(JSON.parse(await readFile(config, 'utf8')) as object), chat_template: '{{ messages[0].content }}' }),
  )
  expect(await now()).toEqual(before)
  const file = join(example.model, 'tokenizer.json')
  const tokenizer = JSON.parse(await readFile(file, 'utf8')) as { model: { merges: unknown[] } }
  tokenizer.model.merges.pop()
  await writeFile(file, JSON.stringify(tokenizer))
  expect((await now()).tokenizer).not.toBe(before.tokenizer)
  // Where windows end is part of the ground: the same ids cut otherwise are judged otherwise.
  const source = await openSource(example.model, referenceKernels)
  await source.model.close()
  expect(judgedOn(source, [Int32Array.of(1, 2, 3)]).heldOut).not.toBe(before.heldOut)
})
