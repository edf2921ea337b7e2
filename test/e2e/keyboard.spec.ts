import { expect, test, type Page } from '@playwright/test'
import { buildFakePage, serveFakePage } from './fake-page.ts'

/** A person without a mouse: from the home page to a started run with Tab, arrows, Space and Enter alone. */
let site: { url: string; close(): void }
test.beforeAll(async () => {
  await buildFakePage()
  site = await serveFakePage()
})
test.afterAll(() => site.close())

/** Presses Tab until the focus is on something with that name; every stop on the way must be visibly focused. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const seen: string[] = []
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press('Tab')
    const { label, ring, isStop } = await page.evaluate(() => {
      const element = document.activeElement
      const style = element ? getComputedStyle(element) : null
      const after = element ? getComputedStyle(element, '::after') : null
      const named = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : element?.textContent
      const label = `${element?.getAttribute('aria-label') ?? ''} ${named ?? ''}`.trim()
      // A new page takes the focus itself (tabindex -1), so that Tab goes on at its beginning; it is no stop and needs no ring.
      const isStop = element instanceof HTMLElement && element !== document.body && element.tabIndex >= 0
      return { label, isStop, ring: !isStop || style?.outlineStyle !== 'none' || after?.outlineStyle !== 'none' }
    })
    expect(ring, `"${label}" shows its focus`).toBe(true)
    if (isStop && name.test(label)) return
    seen.push(label)
  }
  throw new Error(`Tab never reached ${name}: ${seen.join(' | ')}`)
}

test('the whole wizard works with the keyboard alone', async ({ page }) => {
  await page.goto(`${site.url}/?empty&pace=600`)
  await expect(page.getByText('Try the demo model')).toBeVisible()
  await tabTo(page, /^Try the demo model/)
  await page.keyboard.press('Enter')
  await expect(page.getByText('Can be shrunk')).toBeVisible()
  await tabTo(page, /^Choose the goal/)
  await page.keyboard.press('Enter')
  await expect(page.getByText('What comes out')).toBeVisible()

  await tabTo(page, /^Share of the original/)
  // A finger rests on a key for a moment; the group chooses while it does.
  await page.keyboard.press('ArrowDown', { delay: 100 })
  await expect(page.getByRole('radio', { name: /Bits per weight/ })).toBeChecked()
  await tabTo(page, /^4$/)
  await page.keyboard.press('Space')
  await expect(page.getByRole('button', { name: '4', exact: true })).toHaveAttribute('aria-pressed', 'true')
  await tabTo(page, /^Choose the text/)
  await page.keyboard.press('Enter')
  await expect(page.getByText('What will you use it for?')).toBeVisible()
  await tabTo(page, /^Choose the method/)
  await page.keyboard.press('Enter')
  await expect(page.getByText('How should it be done?')).toBeVisible()
  await tabTo(page, /^Check everything/)
  await page.keyboard.press('Enter')
  await expect(page.getByText('Everything is ready.')).toBeVisible({ timeout: 60_000 })

  await tabTo(page, /Show me the plan before writing/)
  await page.keyboard.press('Space')

  await tabTo(page, /^Make the plan/)
  await page.keyboard.press('Enter')
  await expect(page.getByText('This is the plan')).toBeVisible({ timeout: 60_000 })
  await tabTo(page, /^Start compressing/)
  await page.keyboard.press('Enter')

  await tabTo(page, /^Cancel/)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alertdialog')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('alertdialog')).toBeHidden()
  await expect(page.getByRole('button', { name: 'Cancel', exact: true })).toBeFocused()
})

test('a term explains itself on focus', async ({ page }) => {
  await page.goto(`${site.url}/#/runs/r2/result`)
  await expect(page.getByText('How good is it?')).toBeVisible()
  await tabTo(page, /^Perplexity/)
  await expect(page.getByRole('tooltip')).toContainText('lower is better')
})

test('keys do what the list of keys says', async ({ page }) => {
  await page.goto(`${site.url}/`)
  await expect(page.getByRole('main').getByRole('heading', { level: 1 })).toBeVisible()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog')).toContainText('Start a new run')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
  await page.keyboard.press('Control+,')
  await expect(page).toHaveURL(/#\/settings$/)
  await expect(page.getByRole('main')).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page).toHaveURL(/#\/$/)
  await page.keyboard.press('Control+o')
  await expect(page).toHaveURL(/#\/new\/model$/)
})

test('the first stop leads past the rail', async ({ page }) => {
  await page.goto(`${site.url}/`)
  await expect(page.getByRole('main').getByRole('heading', { level: 1 })).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toBeFocused()
})
