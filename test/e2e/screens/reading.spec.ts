import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { serveFakePage } from '../fake-page.ts'
import { misplaced } from './misplaced.ts'
import { keepPicture, LARGE } from './play-scenes.ts'

/** The pages a person passes from the first model to the export, and those beside that way. */
const PAGES: readonly { readonly name: string; readonly address: string; readonly then?: string }[] = [
  { name: 'home', address: '/#/' },
  { name: 'home-empty', address: '/?empty#/' },
  { name: 'model', address: LARGE },
  { name: 'goal', address: LARGE, then: '#/new/goal' },
  { name: 'use', address: LARGE, then: '#/new/use' },
  { name: 'method', address: LARGE, then: '#/new/method' },
  { name: 'check', address: LARGE, then: '#/new/check' },
  { name: 'plan', address: '/#/runs/r3/plan' },
  { name: 'run', address: '/?storm=2#/runs/r1/run' },
  { name: 'failed', address: '/#/runs/r5/run' },
  { name: 'result', address: '/#/runs/r2/result' },
  { name: 'export', address: '/#/runs/r2/export' },
  { name: 'history', address: '/#/history' },
  { name: 'calibrations', address: '/#/history/calibrations' },
  { name: 'compare', address: '/#/compare?runs=r2,r4,r11' },
  { name: 'settings', address: '/#/settings' },
]

/** Ways people read: each is a window, a language, a size of text, a direction. */
const WAYS = [
  { way: 'german', language: 'de', width: 960, height: 640, textSize: 100, direction: 'ltr' },
  // A window of 1280 x 800 at 200 % has this much room.
  { way: 'zoomed', language: 'en', width: 640, height: 400, textSize: 100, direction: 'ltr' },
  { way: 'large-text', language: 'de', width: 1280, height: 800, textSize: 200, direction: 'ltr' },
  { way: 'right-to-left', language: 'en', width: 960, height: 640, textSize: 100, direction: 'rtl' },
] as const

let site: { url: string; close(): void }
test.beforeAll(async () => {
  site = await serveFakePage()
})
test.afterAll(() => site.close())

for (const { way, language, width, height, textSize, direction } of WAYS) {
  test.describe(way, () => {
    for (const { name, address, then } of PAGES) {
      test(name, async ({ page }) => {
        const complaints: string[] = []
        page.on('console', (message) => {
          if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
        })
        page.on('pageerror', (error) => complaints.push(error.message))
        await page.setViewportSize({ width, height })
        await page.goto(`${site.url}${withQuery(address, { lang: language, text: String(textSize), pace: '20' })}`)
        await page.evaluate((dir) => {
          document.documentElement.dir = dir
        }, direction)
        await settle(page)
        if (then !== undefined) {
          await expect(page.getByRole('main').getByRole('button').last()).toBeEnabled()
          await page.evaluate((hash) => {
            location.hash = hash
          }, then)
          await settle(page)
        }
        await keepPicture(page, `${way}-${name}`)
        expect(await page.evaluate(misplaced), 'cut off or over one another').toEqual([])
        if (way === 'german') {
          const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
          expect(
            violations.map(
              ({ id, nodes }) =>
                `${id}: ${nodes
                  .map((node) => node.html)
                  .join(' | ')
                  .slice(0, 300)}`,
            ),
          ).toEqual([])
        }
        expect(complaints).toEqual([])
      })
    }
  })
}

function withQuery(address: string, more: Readonly<Record<string, string>>): string {
  const url = new URL(address, 'http://page')
  for (const [key, value] of Object.entries(more)) url.searchParams.set(key, value)
  return `${url.pathname}${url.search}${url.hash}`
}

/** Waits until the page has its heading and nothing moves any more. */
async function settle(page: Page): Promise<void> {
  await expect(page.getByRole('main').getByRole('heading', { level: 1 }).first()).toBeVisible()
  await page.waitForTimeout(700)
}
