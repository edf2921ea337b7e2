import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, type Page } from '@playwright/test'
import { makeWorkFolder, removeWorkFolder, startHost, type RealHost } from './real-host.ts'

/** The real page under its real content policy: what a script that got into it could do. Points of Electron's security list by number. */
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

/** Opens the page and gathers what the browser complains about. */
async function open(page: Page): Promise<string[]> {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['warning', 'error'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(host.address)
  await expect(page.getByRole('main')).toBeVisible()
  return complaints
}

/** Policies broken while something is tried in the page, by directive. */
async function violations(page: Page, attempt: () => unknown): Promise<string[]> {
  await page.evaluate(() => {
    const found: string[] = []
    Object.assign(window, { found })
    document.addEventListener('securitypolicyviolation', (event) => {
      found.push(event.effectiveDirective)
    })
  })
  await page.evaluate(attempt)
  await page.waitForTimeout(300)
  return page.evaluate(() => (window as unknown as { found: string[] }).found)
}

test('point 7: every page loads without a word from the content policy', async ({ page }) => {
  const complaints = await open(page)
  for (const route of ['/', '/new/model', '/history', '/compare', '/settings']) {
    await page.goto(`${new URL(host.address).origin}/#${route}`)
    await expect(page.getByRole('main')).toBeVisible()
    await page.waitForTimeout(200)
  }
  expect(complaints).toEqual([])
})

test('point 7: inline scripts, eval and handlers in attributes do not run', async ({ page }) => {
  await open(page)
  const broken = await violations(page, () => {
    const script = document.createElement('script')
    script.textContent = 'window.injected = true'
    document.body.append(script)
    const picture = document.createElement('div')
    picture.innerHTML = '<img src="data:x" onerror="window.injected = true">'
    document.body.append(picture)
  })
  expect(broken).toEqual(expect.arrayContaining(['script-src-elem', 'script-src-attr']))
  expect(await page.evaluate(() => 'injected' in window)).toBe(false)
  // In a task of the page's own: while a test's function runs, the browser lets eval pass.
  const refused = await page.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        setTimeout(() => {
          resolve(
            [() => (0, eval)('1'), () => new Function('return 1')()].map((attempt) => {
              try {
                attempt()
                return 'ran'
              } catch (error) {
                return error instanceof Error ? error.name : 'unknown'
              }
            }),
          )
        })
      }),
  )
  expect(refused).toEqual(['EvalError', 'EvalError'])
})

test('points 1 and 7: the page reaches no other site, by no means', async ({ page }) => {
  await open(page)
  const asked: string[] = []
  page.on('response', (response) => {
    if (!response.url().startsWith(new URL(host.address).origin)) asked.push(response.url())
  })
  page.on('requestfailed', (request) => {
    if (request.failure()?.errorText !== 'csp') asked.push(`${request.url()} ${request.failure()?.errorText}`)
  })
  const broken = await violations(page, () => {
    void fetch('https://example.com/').catch(() => undefined)
    navigator.sendBeacon('https://example.com/beacon', 'x')
    new Image().src = 'https://example.com/pixel.png'
    for (const [tag, attribute] of [
      ['iframe', 'src'],
      ['object', 'data'],
      ['video', 'src'],
    ] as const) {
      const element = document.createElement(tag)
      element.setAttribute(attribute, 'https://example.com/')
      document.body.append(element)
    }
    const style = document.createElement('link')
    Object.assign(style, { rel: 'stylesheet', href: 'https://example.com/x.css' })
    document.head.append(style)
    try {
      new WebSocket('wss://example.com/')
    } catch {
      // Chromium refuses in place, others by an event; both are counted as violations.
    }
  })
  expect(broken).toEqual(expect.arrayContaining(['connect-src', 'img-src', 'frame-src', 'object-src', 'media-src', 'style-src-elem']))
  expect(asked).toEqual([])
})

test('point 7: no other base, no form that leads away, no frame around the page', async ({ page }) => {
  await open(page)
  const broken = await violations(page, () => {
    const base = document.createElement('base')
    base.href = 'https://example.com/'
    document.head.append(base)
    const form = document.createElement('form')
    form.action = 'https://example.com/'
    document.body.append(form)
    form.submit()
  })
  expect(broken).toEqual(expect.arrayContaining(['base-uri', 'form-action']))
  const answer = await page.request.get(new URL(host.address).origin)
  expect(answer.headers()['x-frame-options']).toBe('DENY')
  expect(answer.headers()['content-security-policy']).toContain(`frame-ancestors 'none'`)
})

test('points 2, 3 and 20: nothing of node or of a host is in the page', async ({ page }) => {
  await open(page)
  const found = await page.evaluate(() =>
    ['require', 'process', 'module', 'Buffer', 'global', 'ipcRenderer', 'electron', 'webFrame'].filter((name) => name in window),
  )
  expect(found).toEqual([])
})

test('point 5: what the page asks of the system is refused', async ({ page }) => {
  await open(page)
  const refused = await page.evaluate(async () => {
    const position = new Promise<string>((resolve) =>
      navigator.geolocation.getCurrentPosition(
        () => resolve('given'),
        () => resolve('refused'),
      ),
    )
    const camera = navigator.mediaDevices.getUserMedia({ video: true }).then(
      () => 'given',
      () => 'refused',
    )
    return Promise.all([position, camera])
  })
  expect(refused).toEqual(['refused', 'refused'])
})

test('a text is shown once somebody typed its path, and still after a reload; never one of the places of keys', async ({ page }) => {
  const folder = await mkdtemp(join(tmpdir(), 'whittle-e2e-texts-'))
  try {
    const texts = { story: join(folder, 'a story.txt'), key: join(folder, '.key.txt') }
    for (const path of Object.values(texts))
      await writeFile(path, Array.from({ length: 3000 }, (_, n) => `The gate is blue. Line ${n}.\n`).join(''))
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
    const take = async (path: string): Promise<void> => {
      await page.getByRole('textbox', { name: /^File or folder/ }).fill(path)
      await press('Use this text')
    }
    await open(page)
    await press('Try the demo model')
    await press('Choose the goal')
    await press('Choose the text')
    await page.getByRole('radio', { name: /own/i }).first().click()
    await take(texts.key)
    await expect(page.getByRole('alert')).toContainText('is hidden, or lies where programs keep keys')
    await take(texts.story)
    await page.getByText('See the text as the model reads it').click()
    await expect(page.getByText('The gate is blue.').first()).toBeVisible()
    await page.reload()
    await page.getByText('See the text as the model reads it').click()
    await expect(page.getByText('The gate is blue.').first()).toBeVisible()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
