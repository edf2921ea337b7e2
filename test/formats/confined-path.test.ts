import { join } from 'node:path'
import { symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { confinedPath } from '../../src-main/formats/confined-path.ts'
import { findShards } from '../../src-main/formats/safetensors/shards.ts'
import { temporaryFolder } from '../store/example.ts'

test.skipIf(process.platform === 'win32')('a name too long for the system and a link to itself name no file', async () => {
  const folder = temporaryFolder()
  symlinkSync('loop', join(folder, 'loop'))
  expect(await confinedPath(folder, 'x'.repeat(300))).toBeNull()
  expect(await confinedPath(folder, 'loop')).toBeNull()
})

test('a folder that is not there, or is none, has a code', async () => {
  const folder = temporaryFolder()
  await expect(confinedPath(join(folder, 'gone'), 'a')).rejects.toMatchObject({ code: 'folder-not-found', details: { reason: 'ENOENT' } })
})

test.skipIf(process.platform === 'win32').each([['x'.repeat(300)], ['loop']])(
  'an index that names %s as a shard misses it',
  async (name) => {
    const folder = temporaryFolder()
    symlinkSync('loop', join(folder, 'loop'))
    writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: { a: name } }))
    await expect(findShards(folder)).rejects.toMatchObject({ code: 'shard-missing' })
  },
)
