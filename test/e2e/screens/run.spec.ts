import { expect, type Page } from '@playwright/test'
import { playScenes, press } from './play-scenes.ts'

const start = (page: Page) => press(page, 'Start compressing')

// A run at work, resting and stopped.
playScenes([
  {
    name: 'run',
    address: '/?pace=400#/runs/r3/plan',
    shows: 'Last saved',
    go: async (page) => {
      await start(page)
      await expect(page.getByText(/layer [4-9] of 48/).first()).toBeVisible()
    },
  },
  {
    name: 'run-coverage',
    address: '/?pace=90000&storm=2#/runs/r1/run',
    shows: 'experts saw at least 64 tokens',
    go: async (page) => {
      await press(page, 'Resume')
      await page.getByRole('heading', { name: 'Expert coverage' }).evaluate((element) => element.scrollIntoView())
    },
  },
  {
    name: 'run-gauges',
    address: '/?pace=400#/runs/r3/plan',
    shows: 'others',
    go: async (page) => {
      await start(page)
      await page.getByRole('heading', { name: 'The machine' }).evaluate((element) => element.scrollIntoView())
    },
  },
  {
    name: 'run-layer',
    address: '/#/runs/r1/run',
    shows: 'Expected loss',
    go: (page) => page.getByRole('button', { name: 'Layer 7: written' }).click(),
  },
  {
    name: 'run-log',
    address: '/?pace=1500#/runs/r3/plan',
    shows: 'Warning:',
    go: async (page) => {
      await start(page)
      await page.getByText('Log', { exact: true }).click()
      await expect(page.getByText('Warning:')).toBeVisible()
      await page.getByLabel('Find in the log').fill('expert')
      await page.getByRole('region', { name: 'Log lines' }).evaluate((element) => element.scrollIntoView({ block: 'center' }))
    },
  },
  { name: 'run-learning', address: '/?pace=400#/runs/r9/plan', shows: 'Error by expert', go: start },
  {
    name: 'run-pausing',
    address: '/?pace=20000#/runs/r3/plan',
    shows: 'Pausing as soon as this layer is written',
    go: async (page) => {
      await start(page)
      await press(page, 'Pause after this layer')
    },
  },
  {
    name: 'run-paused',
    address: '/?pace=300#/runs/r3/plan',
    shows: 'Paused.',
    go: async (page) => {
      await start(page)
      await expect(page.getByText(/layer [3-9] of 48/).first()).toBeVisible()
      await press(page, 'Pause now')
    },
  },
  {
    name: 'cancel',
    address: '/?pace=300#/runs/r3/plan',
    shows: 'Stop this run?',
    go: async (page) => {
      await start(page)
      await expect(page.getByText('Last saved')).toBeVisible()
      await press(page, 'Cancel')
    },
  },
  { name: 'run-german', address: '/?lang=de#/runs/r5/run', shows: 'Ab Schicht 31 wiederholen' },
  { name: 'run-failed', address: '/#/runs/r5/run', shows: 'The disk is full.' },
  {
    name: 'run-interrupted',
    address: '/?storm=2#/runs/r1/run',
    shows: 'This run was interrupted.',
    go: async (page) => {
      await page.getByRole('heading', { name: 'Expert coverage' }).evaluate((element) => element.scrollIntoView())
    },
  },
])
