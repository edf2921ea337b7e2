import type { Page } from '@playwright/test'
import { playScenes } from './play-scenes.ts'

const MENU = /^More for Qwen3-30B-A3B, Measured bits/

const openMenu = (page: Page) => page.getByRole('button', { name: MENU }).nth(1).click()
const choose = async (page: Page, count: number): Promise<void> => {
  for (const box of (await page.getByRole('checkbox').all()).slice(1, 1 + count)) await box.check()
}
const importText = (page: Page, text: string) =>
  page.locator('input[type=file]').setInputFiles({ name: 'runs.json', mimeType: 'application/json', buffer: Buffer.from(text) })

// Home, the history and the kept calibrations.
playScenes([
  { name: 'home-empty', address: '/?empty', shows: 'Try the demo model' },
  { name: 'home', address: '/', shows: 'was interrupted' },
  {
    name: 'delete',
    address: '/',
    shows: 'Also delete the finished file',
    go: (page) =>
      page
        .getByRole('button', { name: /Delete the run of Qwen/ })
        .nth(1)
        .click(),
  },
  { name: 'history', address: '/#/history', shows: 'The file is no longer at' },
  { name: 'history-menu', address: '/#/history', shows: 'Change and run again', go: openMenu },
  {
    name: 'history-write',
    address: '/#/history',
    shows: 'Parted by commas',
    go: async (page) => {
      await openMenu(page)
      await page.getByRole('menuitem', { name: 'Note and tags' }).click()
    },
  },
  {
    name: 'history-search',
    address: '/#/history',
    shows: 'The one I use every day',
    go: async (page) => {
      await page.getByText('llama.cpp disagrees').waitFor()
      await page.keyboard.press('Control+f')
      await page.keyboard.type('german bits')
    },
  },
  {
    name: 'history-nothing',
    address: '/#/history',
    shows: 'No run fits that',
    go: (page) => page.getByRole('searchbox').fill('no such run'),
  },
  { name: 'history-empty', address: '/?empty#/history', shows: 'Nothing here yet' },
  { name: 'history-selection', address: '/#/history', shows: '3 runs chosen', go: (page) => choose(page, 3) },
  {
    name: 'history-delete',
    address: '/#/history',
    shows: 'Delete 15.',
    go: async (page) => {
      await openMenu(page)
      await page.getByRole('menuitem', { name: 'Delete' }).click()
      await page.getByRole('checkbox', { name: /Also delete/ }).check()
    },
  },
  {
    name: 'history-refused',
    address: '/#/history',
    shows: 'This file is not a bundle of runs.',
    go: (page) => importText(page, '{"whittleBundle": 1, "runs": 7}'),
  },
  { name: 'home-german', address: '/?lang=de', shows: 'Letzte Läufe' },
  { name: 'history-german', address: '/?lang=de#/history', shows: 'Die Datei liegt nicht mehr unter' },
  { name: 'history-large', address: '/?text=200#/history', shows: 'The file is no longer at' },
  { name: 'calibrations-german', address: '/?lang=de#/history/calibrations', shows: 'Whittles eigener Text' },
  { name: 'calibrations', address: '/#/history/calibrations', shows: 'medical-notes.txt' },
  {
    name: 'calibrations-delete',
    address: '/#/history/calibrations',
    shows: 'measures anew',
    go: (page) =>
      page
        .getByRole('button', { name: /^Delete the calibration/ })
        .first()
        .click(),
  },
])
