import { createHash } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, type Page } from '@playwright/test'
import { FAMILY_CONFIGS, writeFamilyCheckpoint } from '../fixtures/family-checkpoint.ts'
import { makeWorkFolder, removeWorkFolder, startHost, type RealHost } from './real-host.ts'

/** The real page host and engine: what a person does on the first day, in order, in one work folder. */
test.describe.configure({ mode: 'serial', timeout: 600_000 })

/** The engine measures a whole model on two cores that other tests may be using. */
const WORK = { timeout: 400_000 }
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const see = (page: Page, text: string, options?: { timeout: number }) => expect(page.getByText(text).first()).toBeVisible(options)
const keep = (page: Page, name: string) => page.screenshot({ path: `test-results/journey/${name}.png`, fullPage: true })

let work: string
let host: RealHost
test.beforeAll(async () => {
  work = await makeWorkFolder()
  host = await startHost(work)
})
test.afterAll(async () => {
  await host.stop()
  await removeWorkFolder(work)
})

async function openDemo(page: Page): Promise<void> {
  await page.goto(host.address)
  await press(page, 'Try the demo model')
  await see(page, 'Can be shrunk')
  await press(page, 'Choose the goal')
  await see(page, 'What comes out')
}

async function setPercent(page: Page, percent: string): Promise<void> {
  await page.getByRole('spinbutton', { name: 'Share of the original size' }).fill(percent)
  await see(page, `${percent}% of the original`)
}

/** From the goal to the plan: the built-in text, the recommended method, and a check that nothing is in the way. */
async function makePlan(page: Page): Promise<void> {
  await press(page, 'Choose the text')
  await press(page, 'Choose the method')
  await press(page, 'Check everything')
  await page.getByLabel('Show me the plan before writing').check()
  await expect(page.getByRole('button', { name: 'Make the plan' })).toBeEnabled(WORK)
  await press(page, 'Make the plan')
}

test('the token leaves the address, and a page without one is told nothing', async ({ page, browser }) => {
  await page.goto(host.address)
  await see(page, 'Try the demo model')
  expect(page.url()).not.toContain('token')
  const stranger = await browser.newPage()
  await stranger.goto(host.address.replace(/#.*/, ''))
  await see(stranger, "Whittle's engine room doesn't answer.")
  await stranger.close()
})

test('a folder that is not there is refused in words', async ({ page }) => {
  await page.goto(host.address)
  await press(page, 'Choose a model')
  await page.getByLabel('Path of the model folder').fill('/nowhere/at/all')
  await press(page, 'Open')
  await expect(page.getByRole('alert')).toContainText("That folder isn't there.")
  await expect(page.getByRole('alert')).toContainText('/nowhere/at/all')
  await expect(page.getByRole('button', { name: 'Choose the goal' })).toBeDisabled()
  await keep(page, 'wrong-folder')
})

test('a budget that is too small is answered with the nearest possible one', async ({ page }) => {
  await openDemo(page)
  await page.getByRole('radio', { name: /File size/ }).click()
  await page.getByRole('spinbutton', { name: 'The file may take at most' }).fill('0.5')
  await see(page, 'Not possible.')
  await expect(page.getByRole('button', { name: 'Choose the text' })).toBeDisabled()
  await keep(page, 'budget-too-small')
  await page.getByRole('button', { name: /^Use [\d.]+ MB$/ }).click()
  await expect(page.getByText('Not possible.')).toBeHidden()
  await expect(page.getByRole('button', { name: 'Choose the text' })).toBeEnabled()
})

test('the demo model goes through the wizard to a verified file, with a reload on the way', async ({ page }) => {
  await openDemo(page)
  await setPercent(page, '35')
  await makePlan(page)
  await see(page, 'Expert coverage', WORK)
  await keep(page, 'preparing')
  await page.reload()
  await see(page, 'Making the plan')
  await see(page, 'of the work', WORK)
  await see(page, 'Expert coverage', WORK)
  await see(page, 'This is the plan', WORK)
  await see(page, 'kept for the next size')
  await keep(page, 'plan')
  await press(page, 'Start compressing')
  await see(page, 'Layers written', WORK)
  await page.reload()
  await see(page, 'How good is it?', WORK)
  await see(page, 'Verified by llama.cpp')
  await see(page, 'exactly as planned')
  await keep(page, 'result')

  const path = String(
    await page
      .locator('code')
      .filter({ hasText: /\.gguf$/ })
      .textContent(),
  )
  expect(path).toContain(work)
  const sha256 = createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
  await see(page, sha256)
  expect((await stat(path)).size).toBeLessThanOrEqual(12_545_064 * 0.35)
})

test('history survives a restart, and a new budget reuses the calibration', async ({ page }) => {
  await host.stop()
  host = await startHost(work)
  await page.goto(host.address)
  const row = page.getByRole('listitem').filter({ hasText: /KLD/ })
  await expect(row).toHaveCount(1)
  await keep(page, 'history')
  await row.getByRole('link').click()
  await see(page, 'Verified by llama.cpp')
  await press(page, 'Same model at another size')
  await setPercent(page, '45')
  await makePlan(page)
  await see(page, 'calibration: reused', WORK)
  await see(page, 'This is the plan', WORK)
  await keep(page, 'plan-reused')
})

test('a run whose engine is killed says so, resumes, and finishes', async ({ page }) => {
  await page.goto(host.address)
  await page.getByRole('listitem').filter({ hasText: 'Plan ready' }).getByRole('link').click()
  await press(page, 'Start compressing')
  await expect(page.getByRole('listitem').filter({ hasText: 'Layer 1: written' })).toBeVisible(WORK)
  expect(await host.killEngine()).toBe(true)
  await see(page, 'The engine stopped unexpectedly.')
  await expect(page.getByRole('alert')).toContainText('SIGKILL')
  await keep(page, 'killed')
  await expect(page.getByRole('alert')).toContainText(/\d finished parts? (is|are) kept/)
  await page.getByRole('button', { name: /^(Retry from layer \d+|Try again)$/ }).click()
  await see(page, 'How good is it?', WORK)
  await see(page, 'Verified by llama.cpp')
})

test('a run is cancelled within five seconds, resumed, and deleted', async ({ page }) => {
  await openDemo(page)
  await setPercent(page, '60')
  await makePlan(page)
  await see(page, 'This is the plan', WORK)
  await press(page, 'Start compressing')
  await press(page, 'Cancel')
  await press(page, 'Stop the run')
  await expect(page.getByText('You stopped this run.')).toBeVisible({ timeout: 8000 })
  await keep(page, 'cancelled')
  await page.goto(host.address)
  const row = page.getByRole('listitem').filter({ hasText: 'Cancelled' })
  await row.getByRole('button', { name: /Delete/ }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(row).toHaveCount(0)
  await expect(page.getByRole('listitem').filter({ hasText: /KLD/ })).toHaveCount(2)
})

test('a run goes from check to result in one go, with a pause on the way', async ({ page }) => {
  await openDemo(page)
  await setPercent(page, '60')
  await press(page, 'Choose the text')
  await press(page, 'Choose the method')
  await press(page, 'Check everything')
  await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeEnabled(WORK)
  await keep(page, 'check')
  await press(page, 'Start')
  await expect(page.getByRole('button', { name: 'Pause now' })).toBeVisible(WORK)
  await press(page, 'Pause now')
  await expect(page.getByRole('status').filter({ hasText: 'Paused.' }).first()).toBeVisible(WORK)
  await keep(page, 'paused')
  await press(page, 'Resume')
  await see(page, 'How good is it?', WORK)
  await see(page, 'Verified by llama.cpp')
})

test('a model that broke since its plan is refused with a card that says what and offers ways on', async ({ page }) => {
  const folder = await mkdtemp(join(tmpdir(), 'whittle-broken-'))
  const model = join(folder, 'demo copy')
  try {
    await cp('resources/demo-model', model, { recursive: true })
    await page.goto(host.address)
    await press(page, 'Choose a model')
    await page.getByLabel('Path of the model folder').fill(model)
    await press(page, 'Open')
    await see(page, 'Can be shrunk')
    await press(page, 'Choose the goal')
    await see(page, 'What comes out')
    await makePlan(page)
    await see(page, 'This is the plan', WORK)
    await truncate(join(model, 'model-00001-of-00001.safetensors'), 1_000_000)
    await press(page, 'Start compressing')
    const card = page.getByRole('alert')
    await expect(card).toBeVisible(WORK)
    await expect(card.getByRole('button', { name: 'Save a report' })).toBeVisible()
    await expect(card.getByRole('button')).toHaveCount(3)
    await keep(page, 'failed')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('three runs are compared, taken to another machine, and compared there', async ({ page, browser }, info) => {
  await page.goto(host.address)
  await page.getByRole('link', { name: 'History', exact: true }).click()
  const finished = page.getByRole('listitem').filter({ hasText: 'KLD' })
  await expect(finished).toHaveCount(3)
  for (const row of await finished.all()) await row.getByRole('checkbox').check()
  const download = page.waitForEvent('download')
  await press(page, 'Export')
  const bundle = info.outputPath('runs.json')
  await (await download).saveAs(bundle)
  expect(await readFile(bundle, 'utf8')).not.toContain(work)
  await press(page, 'Compare')
  await see(page, 'Cost and quality')
  await expect(page.getByText(/not on this axis/)).toHaveCount(0)
  await see(page, 'Expert by expert')
  await keep(page, 'compare')

  const elsewhere = await makeWorkFolder()
  const other = await startHost(elsewhere)
  try {
    const there = await browser.newPage()
    await there.goto(other.address)
    await there.getByRole('link', { name: 'History', exact: true }).click()
    await there.locator('input[type=file]').setInputFiles(bundle)
    await expect(there.getByText('Imported')).toHaveCount(3)
    for (const box of await there.getByRole('listitem').getByRole('checkbox').all()) await box.check()
    await press(there, 'Compare')
    await see(there, 'Cost and quality')
    await expect(there.getByText(/not on this axis/)).toHaveCount(0)
    await keep(there, 'compare-elsewhere')
    await there.close()
  } finally {
    await other.stop()
    await removeWorkFolder(elsewhere)
  }
})

test('a model without experts and one with latent attention go the whole way', async ({ page }) => {
  for (const [name, config] of Object.entries(FAMILY_CONFIGS)) {
    const folder = await writeFamilyCheckpoint(join(work, `family-${name}`), config)
    await page.goto(host.address)
    await press(page, 'Choose a model')
    await page.getByLabel('Path of the model folder').fill(folder)
    await press(page, 'Open')
    await see(page, 'Can be shrunk')
    await see(page, name === 'dense' ? '3, without experts (a dense model)' : 'and 1 dense layer')
    await expect(page.getByText('Factor', { exact: true })).toBeHidden()
    await keep(page, `family-${name}`)
    await press(page, 'Choose the goal')
    await page.getByRole('radio', { name: /Bits per weight/ }).click()
    await page.getByRole('spinbutton', { name: /Bits per weight/ }).fill('3.5')
    await press(page, 'Choose the text')
    await press(page, 'Choose the method')
    await expect(page.getByText(/^Writes: .*folder/)).toHaveCount(0)
    await see(page, name === 'dense' ? 'The model has no experts' : 'Some layers of the model have no experts')
    await keep(page, `family-${name}-method`)
    await press(page, 'Check everything')
    await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeEnabled(WORK)
    await press(page, 'Start')
    await see(page, 'How good is it?', WORK)
    await see(page, 'Verified by llama.cpp')
    await keep(page, `family-${name}-result`)
  }
})
