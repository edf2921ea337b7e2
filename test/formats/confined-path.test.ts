import { join } from 'node:path'
import { symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { confinedPath } from '../../src-main/formats/confined-path.ts'
import { temporaryFolder } from '../store/example.ts'

test.skipIf(process.platform === 'win32')('a name too long for the system and a link to itself name no file', async () => {
  const folder = temporaryFolder()
  symlinkSync('loop', join(folder, 'loop'))
  expect(await confinedPath(folder, 'x'.repeat(300))).toBeNull()
  expect(await confinedPath(folder, 'loop')).toBeNull()
})
