import type { MenuItemConstructorOptions } from 'electron'
import { expect, test, vi } from 'vitest'
import { APP_COMMANDS, type AppCommand } from '../../../src-main/contract/wire.ts'
import { LANGUAGES } from '../../../src-main/contract/settings.ts'
import { wordsFor } from '../../../src-main/hosts/electron/words.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
const { menuTemplate } = await import('../../../src-main/hosts/electron/menu.ts')

const PLATFORMS: NodeJS.Platform[] = ['linux', 'win32', 'darwin']

function menu(platform: NodeJS.Platform, language: (typeof LANGUAGES)[number] = 'en', developer = false) {
  const sent: AppCommand[] = []
  const template = menuTemplate({
    words: wordsFor(language, []),
    theme: 'light',
    working: true,
    platform,
    developer,
    send: (command) => sent.push(command),
    openLogs: () => {},
  })
  const flat = (items: MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
    items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? flat(item.submenu) : [])])
  return { template, items: flat(template), sent }
}

test.each(PLATFORMS)('on %s every wish the page knows can be made from the menu', (platform) => {
  const { items, sent } = menu(platform)
  for (const { click } of items) (click as (() => void) | undefined)?.()
  expect([...new Set(sent.map(({ name }) => name))].sort()).toEqual([...APP_COMMANDS].sort())
})

test.each(PLATFORMS)('on %s no two items share a key, and every item has words in every language', (platform) => {
  const keys = menu(platform).items.flatMap(({ accelerator }) => (typeof accelerator === 'string' ? [accelerator] : []))
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys).toEqual(expect.arrayContaining(['CmdOrCtrl+N', 'CmdOrCtrl+O', 'CmdOrCtrl+E', platform === 'darwin' ? 'Cmd+,' : 'Ctrl+,']))
  for (const language of LANGUAGES) {
    for (const { type, label } of menu(platform, language).items) if (type !== 'separator') expect(label, language).toMatch(/\S/)
  }
})

test("the order is the platform's own", () => {
  const tops = (platform: NodeJS.Platform) => menu(platform).template.map(({ label }) => label)
  expect(tops('darwin')).toEqual(['Whittle', '&File', '&Edit', '&View', '&Run', '&Window', '&Help'])
  expect(tops('win32')).toEqual(['&File', '&Edit', '&View', '&Run', '&Window', '&Help'])
})

test('tools for developers are for those who run the sources', () => {
  const has = (developer: boolean) => menu('linux', 'en', developer).items.some(({ role }) => role === 'toggleDevTools')
  expect([has(true), has(false)]).toEqual([true, false])
})

test("the language chosen wins, then the first of the system's that is spoken, then English", () => {
  expect(wordsFor('de', ['en-US']).newRun).toBe('Neuer Lauf')
  expect(wordsFor(null, ['fr-FR', 'de-CH', 'en']).newRun).toBe('Neuer Lauf')
  expect(wordsFor(null, ['fr-FR', 'EN-gb', 'de']).newRun).toBe('New Run')
  expect(wordsFor(null, ['fr', 'ja']).newRun).toBe('New Run')
})
