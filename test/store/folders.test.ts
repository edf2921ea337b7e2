import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { defaultDataFolder, openFolders } from '../../src-main/store/folders.ts'
import { listRecentModels, rememberModel } from '../../src-main/store/recent-models.ts'
import { temporaryFolder, temporaryStore } from './example.ts'

test('the folders are made, also under a path with spaces and other alphabets', () => {
  const folders = openFolders(join(temporaryFolder(), 'Željko ñ 田中　x (1)'))
  for (const folder of [folders.calibrations, folders.outputs, folders.logs]) expect(existsSync(folder)).toBe(true)
  expect(defaultDataFolder()).toMatch(/whittle/)
})

test.skipIf(process.platform === 'win32')(
  'other users of the machine read nothing of it: folders of older versions are closed as well, a folder that was there keeps its rights',
  () => {
    const before = temporaryFolder()
    chmodSync(before, 0o755)
    mkdirSync(join(before, 'calibrations'))
    writeFileSync(join(before, 'whittle.db'), '')
    const rights = (path: string): number => statSync(path).mode & 0o777
    for (const root of [before, join(temporaryFolder(), 'new')]) {
      const { calibrations, outputs, logs, owners, database } = openFolders(root)
      expect([calibrations, outputs, logs, owners].map(rights)).toEqual([0o700, 0o700, 0o700, 0o700])
      expect(rights(database)).toBe(0o600)
      expect(rights(root)).toBe(root === before ? 0o755 : 0o700)
    }
  },
)

test.skipIf(process.platform === 'win32')('settings are as private, wherever the data folder lies', () => {
  const store = temporaryStore()
  store.settings.change({ theme: 'dark' })
  expect(statSync(join(store.folders.root, 'settings.json')).mode & 0o777).toBe(0o600)
})

test('a place that cannot be written to is named', () => {
  const file = join(temporaryFolder(), 'a-file')
  writeFileSync(file, '')
  expect(() => openFolders(join(file, 'below'))).toThrow(/work-folder-not-writable/)
})

test.skipIf(process.platform !== 'linux')('a place where nothing can be made is refused, not waited for', () => {
  expect(() => openFolders('/proc/whittle')).toThrow(/work-folder-not-writable/)
})

test('recent models: newest first, once each, gone ones hidden', async () => {
  const store = temporaryStore()
  const [a, b] = ['a', 'b'].map((name) => join(store.folders.root, name)) as [string, string]
  mkdirSync(a)
  mkdirSync(b)
  for (const [path, name] of [
    [a, 'A'],
    [b, 'B'],
    ['/gone', 'Gone'],
    [a, 'A again'],
  ] as const) {
    rememberModel(store, path, name)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  expect(listRecentModels(store, '/none').map((model) => model.name)).toEqual(['A again', 'B'])
})
