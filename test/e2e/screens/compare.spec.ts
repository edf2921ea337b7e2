import type { Page } from '@playwright/test'
import { playScenes } from './play-scenes.ts'

const THREE = '/#/compare?runs=r2,r4,r11'
const select = (page: Page, label: string, option: string) => page.getByLabel(label, { exact: true }).selectOption(option)
const toMaps = (page: Page) => page.getByRole('heading', { name: 'Expert by expert' }).scrollIntoViewIfNeeded()

// Runs side by side.
playScenes([
  { name: 'compare', address: THREE, shows: 'No run here is both smaller and better' },
  {
    name: 'compare-keys',
    address: THREE,
    shows: 'costs',
    go: async (page) => {
      await page.getByRole('img', { name: /runs by cost and quality/ }).focus()
      await page.keyboard.press('ArrowRight')
    },
  },
  {
    name: 'compare-log',
    address: THREE,
    shows: 'standard error',
    go: async (page) => {
      await page.getByLabel('Powers of ten').check()
      await select(page, 'Cost (across)', 'memory')
    },
  },
  {
    name: 'compare-agreement',
    address: THREE,
    shows: 'No run here is both',
    go: async (page) => {
      await select(page, 'Quality (up)', 'agreement')
      await select(page, 'Cost (across)', 'time')
    },
  },
  {
    name: 'compare-table',
    address: THREE,
    shows: 'Perplexity when shrunk',
    go: (page) => page.getByRole('tab', { name: 'Table' }).first().click(),
  },
  { name: 'compare-mixed', address: '/#/compare?runs=r2,r4,r8,r12,r6', shows: '2 runs are not on this axis' },
  { name: 'compare-german', address: '/?lang=de#/compare?runs=r2,r4,r11,r12', shows: 'Ein Lauf steht nicht auf dieser Achse' },
  { name: 'compare-large', address: '/?text=200#/compare?runs=r2,r4,r11', shows: 'No run here is both' },
  { name: 'compare-empty', address: '/#/compare', shows: 'Choose runs to compare' },
  { name: 'compare-none', address: '/?empty#/compare', shows: 'No run is finished yet' },
  {
    name: 'compare-pick',
    address: '/#/compare',
    shows: 'Compare 2 runs',
    go: async (page) => {
      await page.getByRole('button', { name: 'Choose runs' }).click()
      for (const at of [0, 2]) await page.getByRole('dialog').getByRole('checkbox').nth(at).check()
    },
  },
  {
    name: 'compare-settings',
    address: '/#/compare?runs=r2,r8,r10',
    shows: 'Keep attention at least',
    go: async (page) => {
      await page.getByLabel(/more that are the same/).check()
      await page.getByRole('heading', { name: 'Layer by layer' }).scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'compare-maps',
    address: '/#/compare?runs=r2,r4',
    shows: 'A minus B',
    go: async (page) => {
      await select(page, 'Against', 'r4')
      await toMaps(page)
      await page.getByText('A minus B').waitFor()
      await page.mouse.wheel(0, 2000)
    },
  },
  {
    name: 'compare-maps-table',
    address: '/#/compare?runs=r8,r2',
    shows: 'Lowest',
    go: async (page) => {
      await toMaps(page)
      await page.getByRole('tab', { name: 'Table' }).last().click()
    },
  },
])
