import { playScenes, press } from './play-scenes.ts'

// Giving a result away.
playScenes([
  { name: 'export', address: '/#/runs/r2/export', shows: 'Beside it' },
  {
    name: 'export-split',
    address: '/#/runs/r2/export',
    shows: 'parts of at most',
    go: (page) => page.getByRole('radio', { name: /Split it/ }).click(),
  },
  {
    name: 'export-wrong',
    address: '/#/runs/r2/export',
    shows: "can't hold any of",
    go: (page) => page.getByLabel('Name, without ending').fill('a/b'),
  },
  {
    name: 'export-done',
    address: '/#/runs/r2/export',
    shows: 'files written',
    go: async (page) => {
      await page.getByRole('radio', { name: /Copy it/ }).click()
      await press(page, 'Export')
      await page.getByText('files written').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'export-error',
    address: '/?fail=run.export#/runs/r2/export',
    shows: 'The export stopped.',
    go: async (page) => {
      await press(page, 'Export')
      await page.getByText('The export stopped.').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'export-folder',
    address: '/#/runs/r8/export',
    shows: 'Also in another format',
    go: async (page) => {
      await press(page, 'What would it cost?')
      await page.getByRole('heading', { name: 'Also in another format' }).scrollIntoViewIfNeeded()
    },
  },
  { name: 'export-gone', address: '/#/runs/r4/export', shows: 'nothing to export' },
])
