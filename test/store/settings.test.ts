import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DEFAULT_SETTINGS, Settings } from '../../src-main/contract/settings.ts'
import { openSettings, type SettingsFile } from '../../src-main/store/settings.ts'
import { writableFolders } from '../../src-main/store/writable-folders.ts'
import { expectFailure } from '../fixtures/expected-error.ts'
import { temporaryFolder, temporaryStore } from './example.ts'

interface Opened {
  folder: string
  path: string
  settings: SettingsFile
  warnings: string[]
}

/** Settings over a file with this text; none where it is null. */
function opened(text: string | null = null): Opened {
  const folder = temporaryFolder()
  const path = join(folder, 'settings.json')
  if (text !== null) writeFileSync(path, text)
  const warnings: string[] = []
  return { folder, path, warnings, settings: openSettings(folder, (warning) => warnings.push(warning)) }
}

test('the defaults hold until something is set, and nothing is written for them', () => {
  const { settings, path, warnings } = opened()
  expect(Settings.parse(DEFAULT_SETTINGS)).toEqual(DEFAULT_SETTINGS)
  expect(settings.read()).toEqual(DEFAULT_SETTINGS)
  expect(existsSync(path)).toBe(false)
  expect(warnings).toEqual([])
})

test('what is set stays set for the next start, and nothing half-written is left', () => {
  const { settings, folder } = opened()
  expect(settings.change({ theme: 'dark', threads: 3 })).toEqual({ ...DEFAULT_SETTINGS, theme: 'dark', threads: 3 })
  expect(settings.change({ language: 'de' })).toMatchObject({ theme: 'dark', language: 'de' })
  expect(openSettings(folder, () => {}).read()).toEqual(settings.read())
  expect(readdirSync(folder)).toEqual(['settings.json'])
})

test('a broken field costs only itself, is told once, and the file is kept aside before it is replaced', () => {
  const text = JSON.stringify({ theme: 'purple', threads: 4, textSize: 'big', later: 1 })
  const { settings, warnings, path } = opened(text)
  expect(settings.read()).toEqual({ ...DEFAULT_SETTINGS, threads: 4 })
  settings.read()
  expect(warnings).toHaveLength(1)
  for (const name of ['theme', 'textSize', 'later']) expect(warnings[0]).toContain(`"${name}"`)
  expect(existsSync(`${path}.bak`)).toBe(false)
  settings.change({ notify: false })
  expect(readFileSync(`${path}.bak`, 'utf8')).toBe(text)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ ...DEFAULT_SETTINGS, threads: 4, notify: false })
})

test.each([
  ['cut off', '{"theme": "da'],
  ['a list', '[1, 2]'],
  ['empty', ''],
])('a file that is %s counts as none', (_, text) => {
  const { settings, warnings, path } = opened(text)
  expect(settings.read()).toEqual(DEFAULT_SETTINGS)
  expect(warnings).toHaveLength(1)
  settings.change({ theme: 'light' })
  expect(readFileSync(`${path}.bak`, 'utf8')).toBe(text)
})

test('names that every object has are unknown fields like others', () => {
  const { settings } = opened('{"__proto__": {"theme": "dark"}, "constructor": 1, "threads": 2}')
  expect(settings.read()).toEqual({ ...DEFAULT_SETTINGS, threads: 2 })
})

test("another process's change is seen, and joined with ours", () => {
  const { settings, folder } = opened()
  const other = openSettings(folder, () => {})
  expect(settings.read().theme).toBe('system')
  other.change({ theme: 'dark' })
  expect(settings.read().theme).toBe('dark')
  expect(settings.change({ threads: 2 })).toMatchObject({ theme: 'dark', threads: 2 })
})

test('listeners hear a change until they leave', () => {
  const { settings } = opened()
  const heard: string[] = []
  const leave = settings.subscribe(({ theme }) => heard.push(theme))
  settings.change({ theme: 'dark' })
  leave()
  settings.change({ theme: 'light' })
  expect(heard).toEqual(['dark'])
})

test('a folder that is not there or is none is refused by name, and nothing changes', async () => {
  const { settings, folder, path } = opened()
  const file = join(folder, 'file')
  writeFileSync(file, '')
  await expectFailure(() => settings.change({ outputFolder: join(folder, 'nope') }), 'settings-invalid', {
    field: 'outputFolder',
    reason: 'folder-missing',
  })
  await expectFailure(() => settings.change({ calibrationFolder: file }), 'settings-invalid', {
    field: 'calibrationFolder',
    path: file,
    reason: 'not-a-folder',
  })
  await expectFailure(() => settings.change({ modelFolders: ['models'] }), 'settings-invalid', {
    field: 'modelFolders',
    reason: 'not-absolute',
  })
  await expectFailure(() => settings.change({ outputFolder: '/proc' }), 'settings-invalid', { reason: 'folder-not-writable' })
  expect(existsSync(path)).toBe(false)
})

test('a folder that went away since does not keep the other settings from changing', () => {
  const { settings, folder } = opened()
  const models = join(folder, 'models')
  mkdirSync(models)
  settings.change({ modelFolders: [models], outputFolder: models })
  rmSync(models, { recursive: true })
  expect(settings.change({ theme: 'dark' })).toMatchObject({ theme: 'dark', modelFolders: [models] })
  expect(settings.change({ modelFolders: [] }).modelFolders).toEqual([])
})

test('a file that cannot be replaced is said to be the trouble', async () => {
  const { settings, path } = opened()
  mkdirSync(path)
  await expectFailure(() => settings.change({ theme: 'dark' }), 'settings-invalid', { path, reason: 'file-not-writable' })
})

test("jobs write where the settings say, else in Whittle's own folders", async () => {
  const store = temporaryStore()
  expect(writableFolders(store)).toEqual({ calibrations: store.folders.calibrations, outputs: store.folders.outputs })
  const outputs = temporaryFolder()
  store.settings.change({ outputFolder: outputs })
  expect(writableFolders(store)).toEqual({ calibrations: store.folders.calibrations, outputs })
  rmSync(outputs, { recursive: true })
  await expectFailure(() => writableFolders(store), 'work-folder-not-writable', { path: outputs })
})
