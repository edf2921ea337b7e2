import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { knownSource } from '../../src-main/pipeline/known-source.ts'
import { openSource } from '../../src-main/pipeline/source.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'

/** A model whose tokenizer cuts text as Qwen's does and is spelled otherwise. */
async function oddModel(): Promise<string> {
  const folder = await temporaryFolder()
  await writeTinyCheckpoint(folder, { tokenizer: true })
  const path = join(folder, 'tokenizer.json')
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(String.raw`[^\\r\\n\\p{L}\\p{N}]?\\p{L}+`, String.raw`[^\\n\\r\\p{N}\\p{L}]?\\p{L}+`),
  )
  return folder
}

test('a model of an unknown pre-tokenizer is refused before any work, with the names to choose from', async () => {
  const folder = await oddModel()
  await expect(knownSource(folder)).rejects.toMatchObject({ code: 'pretokenizer-unknown', details: { fits: ['qwen2'] } })
})

test('a name that was chosen opens it for planning and for work, and is what the file will say', async () => {
  const folder = await oddModel()
  const { source } = await knownSource(folder, 'qwen2')
  expect(source.summary.tokenizer.preTokenizer).toBe('qwen2')
  expect(source.tokenizerKeys.get('tokenizer.ggml.pre')?.value).toBe('qwen2')
  await expect(knownSource(folder)).rejects.toMatchObject({ code: 'pretokenizer-unknown' })
  const opened = await openSource(folder, referenceKernels, 'qwen2')
  await opened.model.close()
  expect([...opened.tokenizer.encode('Hello 123')]).toEqual([...source.tokenizer.encode('Hello 123')])
  await expect(openSource(folder, referenceKernels, 'deepseek-v3')).rejects.toMatchObject({ code: 'pretokenizer-unknown' })
})
