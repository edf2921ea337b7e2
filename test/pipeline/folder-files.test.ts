import { execFileSync } from 'node:child_process'
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Plan } from '../../src-main/contract/plan.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import { folderFiles } from '../../src-main/pipeline/folder-files.ts'
import type { Source } from '../../src-main/pipeline/source.ts'
import { writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'
import { temporaryFolder } from '../store/example.ts'

/** Names of the small files that an export of the model in `folder` gets. */
async function carried(folder: string): Promise<string[]> {
  const { model, facts, close } = await openCheckpoint(folder)
  try {
    const plan = {
      method: 'svd',
      format: 'safetensors-dense',
      parameters: {},
      bytes: 1,
      originalBytes: 1,
      bitsPerWeight: 16,
      notes: [],
    } as unknown as Plan
    return (await folderFiles({ model, facts } as Source, plan, join(folder, 'out'), 'resources')).map(({ name }) => name)
  } finally {
    await close()
  }
}

async function tinyModel(): Promise<string> {
  const folder = join(temporaryFolder(), 'model')
  await writeTinyCheckpoint(folder, { tokenizer: true })
  return folder
}

test('an export carries the tokenizer along', async () => {
  expect(await carried(await tinyModel())).toEqual(
    expect.arrayContaining(['config.json', 'tokenizer.json', 'tokenizer_config.json', 'README.md']),
  )
})

test('a file too long to be what its name says ends the run before the work, unread', async () => {
  const folder = await tinyModel()
  writeFileSync(join(folder, 'merges.txt'), '')
  truncateSync(join(folder, 'merges.txt'), 450_000_000)
  await expect(carried(folder)).rejects.toMatchObject({ code: 'config-invalid', details: { file: 'merges.txt', reason: 'too-long' } })
})

test.skipIf(process.platform === 'win32')('pipes are not carried, links that lead out are refused', async () => {
  const folder = await tinyModel()
  execFileSync('mkfifo', [join(folder, 'vocab.json')])
  expect(await carried(folder)).not.toContain('vocab.json')
  writeFileSync(join(folder, '..', 'secret.txt'), 'private')
  symlinkSync('../secret.txt', join(folder, 'special_tokens_map.json'))
  await expect(carried(folder)).rejects.toMatchObject({ code: 'shard-path-escapes', details: { file: 'special_tokens_map.json' } })
})
