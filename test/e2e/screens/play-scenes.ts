import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { serveFakePage } from '../fake-page.ts'

/** A screen in a state worth seeing, over the in-memory service. */
export interface Scene {
  readonly name: string
  readonly address: string
  /** Text that says the screen is there. */
  readonly shows: string
  readonly go?: (page: Page) => Promise<void>
}

/** The wizard's first address for a model as large as real ones. */
export const LARGE = '/#/new/model?path=/home/me/models/Qwen3-30B-A3B'

export const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
export const choose = (page: Page, name: RegExp) => page.getByRole('radio', { name }).click()

/**
 * A test for each scene, light and dark, in a small and a large window: no violation of axe or of the content policy, no complaint
 * on the console, nothing wider than the window. Pictures of all go to test-results/screens, but not on a build server.
 */
export function playScenes(scenes: readonly Scene[]): void {
  let site: { url: string; close(): void }
  test.beforeAll(async () => {
    site = await serveFakePage()
  })
  test.afterAll(() => site.close())
  for (const scene of scenes) test(scene.name, ({ page }) => playScene(page, scene, site.url))
}

/** A build server has nobody to look at pictures, and they take a third of the time. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  if (!process.env['CI']) await page.screenshot({ path: `test-results/screens/${name}.png` })
}

async function playScene(page: Page, scene: Scene, url: string): Promise<void> {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${url}${scene.address}`)
  await scene.go?.(page)
  await expect(page.getByText(scene.shows).first()).toBeVisible()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    // The new colors come with the next frames: pictures and axe would see a mixture.
    await page.evaluate(
      () =>
        new Promise((resolve) => {
          requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 50)))
        }),
    )
    for (const [width, height] of [
      [960, 640],
      [1280, 800],
    ] as const) {
      await page.setViewportSize({ width, height })
      await keepPicture(page, `${scene.name}-${colorScheme}-${width}`)
      // Canvases follow the window a frame later.
      await expect
        .poll(() => page.locator('main').evaluate((main) => main.scrollWidth - main.clientWidth), {
          message: `too wide at ${width}`,
          timeout: 3000,
        })
        .toBeLessThanOrEqual(0)
    }
    // Only colors differ in the dark. Legacy: no page has frames, and the other way opens a window for each look.
    const axe = new AxeBuilder({ page }).setLegacyMode()
    const { violations } = await (colorScheme === 'light' ? axe : axe.withRules(['color-contrast', 'link-in-text-block'])).analyze()
    expect(
      violations.map(
        ({ id, nodes }) =>
          `${colorScheme} ${id}: ${nodes
            .map((node) => node.html)
            .join(' | ')
            .slice(0, 400)}`,
      ),
    ).toEqual([])
  }
  expect(complaints).toEqual([])
}
