import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { modelFolder } from '../../src-main/model/model-folder.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import { temporaryFolder } from '../store/example.ts'
import { writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'

test('a checkpoint may be named by any of its files', async () => {
  const folder = join(temporaryFolder(), 'a model')
  await writeTinyCheckpoint(folder, { shards: 2 })
  for (const file of ['model-00002-of-00002.safetensors', 'model.safetensors.index.json', 'config.json']) {
    expect(await modelFolder(join(folder, file))).toBe(folder)
  }
  const { model } = await openCheckpoint(await modelFolder(join(folder, 'model-00001-of-00002.safetensors')))
  await model.close()
})

test('a folder is itself, whatever it is called; so is what is not there, or no part of a checkpoint', async () => {
  const folder = join(temporaryFolder(), 'odd.safetensors')
  await mkdir(folder)
  await writeFile(join(folder, 'notes.txt'), '')
  for (const path of [folder, join(folder, 'notes.txt'), join(folder, 'gone.safetensors')]) expect(await modelFolder(path)).toBe(path)
})
