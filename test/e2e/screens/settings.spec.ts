import { expect } from '@playwright/test'
import { playScenes, press } from './play-scenes.ts'

// The settings, the list of keys, what a drop anywhere says.
playScenes([
  { name: 'settings', address: '/#/settings', shows: 'This is how text will look.' },
  {
    name: 'settings-device',
    address: '/#/settings',
    shows: 'cudart64_12 is missing',
    go: (page) => page.getByRole('link', { name: 'Device and limits' }).click(),
  },
  {
    name: 'settings-refused',
    address: '/#/settings',
    shows: 'There is no such folder',
    go: async (page) => {
      await page.getByRole('textbox', { name: 'Add a folder' }).fill('/home/me/nowhere')
      await press(page, 'Add')
    },
  },
  {
    name: 'settings-updates',
    address: '/#/settings',
    shows: 'Version 0.2.0 is there.',
    go: async (page) => {
      await page.getByRole('link', { name: 'Updates' }).click()
      await page.getByRole('radio', { name: /Tell me/ }).click()
    },
  },
  {
    name: 'settings-data',
    address: '/#/settings',
    shows: 'Last errors',
    go: async (page) => {
      await page.getByRole('link', { name: 'Data and privacy' }).click()
      await press(page, 'Show the text')
    },
  },
  {
    name: 'settings-about',
    address: '/#/settings',
    shows: 'onnxruntime-node',
    go: async (page) => {
      await page.getByRole('link', { name: 'About' }).click()
      await page.getByText('Built on the work of others').click()
    },
  },
  { name: 'settings-german', address: '/?lang=de#/settings', shows: 'So wird Text aussehen.' },
  {
    name: 'drop',
    address: '/',
    shows: 'Drop it anywhere',
    go: async (page) => {
      await expect(page.getByRole('main').getByRole('heading', { level: 1 })).toBeVisible()
      await page.evaluate(() => {
        const data = new DataTransfer()
        data.items.add(new File(['x'], 'model.safetensors'))
        window.dispatchEvent(new DragEvent('dragover', { dataTransfer: data, bubbles: true, cancelable: true }))
      })
    },
  },
  {
    name: 'forced-colors',
    address: '/#/settings',
    shows: 'This is how text will look.',
    go: (page) => page.emulateMedia({ forcedColors: 'active' }),
  },
  {
    name: 'shortcuts',
    address: '/',
    shows: 'Start a new run',
    go: async (page) => {
      await expect(page.getByRole('main')).toBeVisible()
      await page.keyboard.press('?')
    },
  },
])
