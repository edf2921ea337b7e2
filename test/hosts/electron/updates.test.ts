import { expect, test, vi } from 'vitest'
import { openUpdates, updateObstacle, type Updater, type UpdatesParts } from '../../../src-main/hosts/electron/updates.ts'
import { wordsFor } from '../../../src-main/hosts/electron/words.ts'
import type { Settings } from '../../../src-main/contract/settings.ts'

function open(mode: Settings['updates'], some: Partial<UpdatesParts> = {}, version: string | null = '2.0.0') {
  const updater = {
    autoDownload: true,
    autoInstallOnAppQuit: true,
    on: vi.fn(),
    downloadUpdate: vi.fn(async () => [] as unknown),
    checkForUpdates: vi.fn(async () => ({
      isUpdateAvailable: version !== null,
      updateInfo: { version: version ?? '0.1.0', releaseNotes: 'Faster.' },
    })),
  } satisfies Updater
  const facts = { mode, runId: null as string | null }
  const load = vi.fn(async () => updater)
  const onAvailable = vi.fn()
  const updates = openUpdates({
    obstacle: null,
    mode: () => facts.mode,
    words: () => wordsFor('en', []),
    working: () => facts.runId,
    load,
    onAvailable,
    log: () => {},
    ...some,
  })
  return { updates, updater, facts, load, onAvailable }
}

test('off: nothing is loaded, nothing contacted', async () => {
  const { updates, load } = open('off')
  expect(await updates.check()).toEqual({ state: 'off', version: null, notes: null, reason: null })
  expect(await updates.install()).toMatchObject({ state: 'off' })
  expect(load).not.toHaveBeenCalled()
})

test('notify: says so once, fetches only when told to, installs at the next quit', async () => {
  const { updates, updater, onAvailable } = open('notify')
  expect(await updates.check()).toEqual({ state: 'available', version: '2.0.0', notes: 'Faster.', reason: null })
  await updates.check()
  expect(onAvailable.mock.calls).toEqual([['2.0.0']])
  expect(updater.autoDownload).toBe(false)
  expect(updater.downloadUpdate).not.toHaveBeenCalled()
  expect(await updates.install()).toMatchObject({ state: 'ready', version: '2.0.0' })
  expect(updater.autoInstallOnAppQuit).toBe(true)
  expect(await updates.check()).toMatchObject({ state: 'ready' })
})

test('auto: fetches by itself, but not while a run works', async () => {
  const { updates, updater, facts } = open('auto')
  facts.runId = 'r1'
  expect(await updates.check()).toMatchObject({ state: 'available' })
  await expect(updates.install()).rejects.toMatchObject({ code: 'run-busy', details: { runId: 'r1' } })
  expect(updater.downloadUpdate).not.toHaveBeenCalled()
  facts.runId = null
  updates.reconsider()
  await vi.waitFor(() => expect(updater.autoInstallOnAppQuit).toBe(true))
  expect(updater.downloadUpdate).toHaveBeenCalledTimes(1)
  expect(await updates.check()).toMatchObject({ state: 'ready' })
})

test('turned off after all: what was fetched is not installed', async () => {
  const { updates, updater, facts } = open('auto')
  expect(await updates.check()).toMatchObject({ state: 'downloading', version: '2.0.0' })
  await vi.waitFor(async () => expect(await updates.check()).toMatchObject({ state: 'ready' }))
  facts.mode = 'off'
  updates.reconsider()
  expect(updater.autoInstallOnAppQuit).toBe(false)
  expect(await updates.check()).toMatchObject({ state: 'off' })
})

test('the newest already, and failures in words, after which it may be tried again', async () => {
  expect(await open('notify', {}, null).updates.check()).toMatchObject({ state: 'current', version: null })
  const { updates, updater } = open('notify')
  updater.checkForUpdates.mockRejectedValueOnce(new Error('no route to host\n  at deep.js'))
  expect(await updates.check()).toMatchObject({ state: 'failed', reason: 'no route to host' })
  expect(await updates.check()).toMatchObject({ state: 'available' })
  updater.downloadUpdate.mockRejectedValueOnce(new Error('wrong checksum'))
  expect(await updates.install()).toMatchObject({ state: 'failed', version: '2.0.0', reason: 'wrong checksum' })
  expect(await updates.install()).toMatchObject({ state: 'ready' })
})

test('a copy that cannot be replaced says why, whatever the settings', async () => {
  const { updates, load } = open('auto', { obstacle: 'updateNoFeed' })
  expect(await updates.check()).toMatchObject({
    state: 'unsupported',
    reason: 'it was built without an address to look for newer versions',
  })
  expect(load).not.toHaveBeenCalled()
})

const place = { platform: 'linux' as NodeJS.Platform, environment: {}, isPackaged: true, portable: false, feed: true }
test.each([
  [{ isPackaged: false }, 'updateFromSource'],
  [{ portable: true, environment: { APPIMAGE: '/x' } }, 'updatePortable'],
  [{}, 'updatePackage'],
  [{ environment: { APPIMAGE: '/x' } }, null],
  [{ environment: { APPIMAGE: '/x' }, feed: false }, 'updateNoFeed'],
  [{ platform: 'darwin' }, null],
  [{ platform: 'win32' }, null],
  [{ platform: 'win32', environment: { PORTABLE_EXECUTABLE_DIR: 'D:\\' } }, 'updatePortable'],
] as const)('a copy with %j: %s', (some, expected) => expect(updateObstacle({ ...place, ...some })).toBe(expected))
