import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { buildFakePage, serveFakePage } from './fake-page.ts'

/** Every screen in every state worth seeing, over the in-memory service: no violation of axe or the policy, nothing wider than the window. */
interface Scene {
  readonly name: string
  readonly address: string
  /** Text that says the screen is there. */
  readonly shows: string
  readonly go?: (page: Page) => Promise<void>
}

const LARGE = '/#/new/model?path=/home/me/models/Qwen3-30B-A3B'
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const choose = (page: Page, name: RegExp) => page.getByRole('radio', { name }).click()
const toBudget = async (page: Page): Promise<void> => {
  await expect(page.getByText('Can be shrunk')).toBeVisible()
  await press(page, 'Choose the budget')
  await expect(page.getByText('What comes out')).toBeVisible()
}
const toMethod = async (page: Page): Promise<void> => {
  await toBudget(page)
  await press(page, 'Choose the method')
}

const SCENES: readonly Scene[] = [
  { name: 'home-empty', address: '/?empty', shows: 'Try the demo model' },
  { name: 'home', address: '/', shows: 'Interrupted: Compress' },
  { name: 'delete', address: '/', shows: 'Also delete the finished file', go: (page) => page.getByRole('button', { name: /Delete the run of Qwen/ }).nth(1).click() },
  { name: 'model-empty', address: '/#/new/model', shows: 'Opened before' },
  { name: 'model', address: LARGE, shows: 'Can be shrunk' },
  { name: 'model-wrong', address: '/#/new/model?path=/home/me/nothing', shows: 'That folder isn\'t there.' },
  { name: 'budget-card', address: LARGE, shows: 'Where the 12.0 GiB go', go: toBudget },
  { name: 'budget-impossible', address: LARGE, shows: 'Not possible.', go: async (page) => { await toBudget(page); await press(page, '8') } },
  { name: 'budget-size', address: LARGE, shows: 'The file may take at most', go: async (page) => { await toBudget(page); await page.getByRole('radio', { name: /File size/ }).click() } },
  { name: 'method', address: LARGE, shows: 'Smallest type for the attention matrices', go: async (page) => { await toMethod(page); for (const fold of ['Settings of the method', 'Settings of the run']) await page.getByText(fold, { exact: true }).click() } },
  { name: 'method-days', address: LARGE, shows: 'days on this machine', go: async (page) => { await toMethod(page); await choose(page, /^MoBE/); await choose(page, /^Dense folder/); await page.getByText('Settings of the method', { exact: true }).click() } },
  { name: 'budget-experts', address: LARGE, shows: 'Your budget now means something else', go: async (page) => { await toMethod(page); await choose(page, /^MoBE/); await choose(page, /^Dense folder/); await press(page, 'Change the budget') } },
  { name: 'preparing', address: `/?pace=200${LARGE.slice(1)}`, shows: 'Expert coverage', go: async (page) => { await toMethod(page); await press(page, 'Make the plan') } },
  { name: 'plan', address: '/#/runs/r3/plan', shows: 'How the bytes are spent' },
  { name: 'plan-ranks', address: '/#/runs/r9/plan', shows: 'Rank by expert' },
  { name: 'plan-bits', address: '/#/runs/r8/plan', shows: 'Within 0.04% of the best' },
  { name: 'plan-table', address: '/#/runs/r3/plan', shows: 'Predicted loss', go: (page) => page.getByRole('tab', { name: 'Every part' }).click() },
  { name: 'run', address: '/?pace=200#/runs/r3/plan', shows: 'Last saved', go: (page) => press(page, 'Start compressing') },
  { name: 'run-learning', address: '/?pace=400#/runs/r9/plan', shows: 'Error by expert', go: (page) => press(page, 'Start compressing') },
  { name: 'cancel', address: '/?pace=200#/runs/r3/plan', shows: 'Stop this run?', go: async (page) => { await press(page, 'Start compressing'); await press(page, 'Cancel') } },
  { name: 'run-failed', address: '/#/runs/r5/run', shows: 'The disk is full.' },
  { name: 'run-interrupted', address: '/#/runs/r1/run', shows: 'This run was interrupted.' },
  { name: 'result', address: '/#/runs/r2/result', shows: 'Verified by llama.cpp' },
  { name: 'result-folder', address: '/#/runs/r8/result', shows: 'at run time' },
  { name: 'result-gone', address: '/#/runs/r4/result', shows: 'The file is no longer where it was written.' },
]

let site: { url: string; close(): void }
test.beforeAll(async () => {
  await buildFakePage()
  site = await serveFakePage()
})
test.afterAll(() => site.close())

for (const scene of SCENES) {
  test(scene.name, async ({ page }) => {
    const complaints: string[] = []
    page.on('console', (message) => { if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text()) })
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${site.url}${scene.address}`)
    await scene.go?.(page)
    await expect(page.getByText(scene.shows).first()).toBeVisible()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const [width, height] of [[960, 640], [1280, 800]] as const) {
        await page.setViewportSize({ width, height })
        await page.screenshot({ path: `test-results/screens/${scene.name}-${colorScheme}-${width}.png` })
        expect(await page.locator('main').evaluate((main) => main.scrollWidth - main.clientWidth), `too wide at ${width}`).toBeLessThanOrEqual(0)
      }
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map((node) => node.html).join(' | ').slice(0, 400)}`)).toEqual([])
    }
    expect(complaints).toEqual([])
  })
}
