import { expect, type Page } from '@playwright/test'
import { playScenes, press } from './play-scenes.ts'

const see = (page: Page, heading: string) => page.getByRole('heading', { name: heading }).evaluate((element) => element.scrollIntoView())
const ask = async (page: Page): Promise<void> => {
  await press(page, 'A story')
  await page.getByRole('button', { name: 'Ask both' }).click()
}

// Results.
playScenes([
  { name: 'result', address: '/#/runs/r2/result', shows: 'Verified by llama.cpp' },
  {
    name: 'result-memory',
    address: '/#/runs/r2/result',
    shows: 'Memory it takes on a card',
    go: (page) => see(page, 'Memory it takes on a card'),
  },
  {
    name: 'result-use',
    address: '/#/runs/r2/result',
    shows: 'layers go on the card',
    go: async (page) => {
      await page.getByLabel('Memory of the card').fill('8')
      await page.getByRole('group', { name: 'Context length' }).getByRole('button', { name: '16k' }).click()
      await see(page, 'Use it')
    },
  },
  {
    name: 'result-use-windows',
    address: '/?platform=win32#/runs/r2/result',
    shows: 'For PowerShell or the Command Prompt.',
    go: (page) => see(page, 'Use it'),
  },
  {
    name: 'result-answers',
    address: '/?pace=40#/runs/r2/result',
    shows: 'then they part',
    go: async (page) => {
      await ask(page)
      await expect(page.getByText('then they part')).toBeVisible()
      await see(page, 'Ask both')
    },
  },
  {
    name: 'result-asking',
    address: '/?pace=2000#/runs/r2/result',
    shows: 'writing …',
    go: async (page) => {
      await ask(page)
      await see(page, 'Ask both')
    },
  },
  {
    name: 'result-audit',
    address: '/#/runs/r8/result',
    shows: 'of 18,',
    go: async (page) => {
      await see(page, 'Every part that was written')
      await page.keyboard.press('Control+f')
      await page.keyboard.type('down "3 bits"')
      await page.getByRole('button', { name: 'Sort by: Error' }).click()
      await see(page, 'Every part that was written')
    },
  },
  { name: 'result-worst', address: '/#/runs/r8/result', shows: 'Where it lost most', go: (page) => see(page, 'Where it lost most') },
  { name: 'result-german', address: '/?lang=de#/runs/r2/result', shows: 'Wie gut ist es?' },
  { name: 'result-folder', address: '/#/runs/r8/result', shows: 'at run time' },
  {
    name: 'result-gone',
    address: '/#/runs/r4/result',
    shows: 'The file is no longer where it was written.',
    go: (page) => see(page, 'Your file'),
  },
  { name: 'result-disagrees', address: '/#/runs/r11/result', shows: 'measured something else on this file' },
])
