import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { APP, ELECTRON, endApp, freshFolder, inPage, logOf, removeFolder, startAgain, startApp, type StartedApp } from './electron-app.ts'

test.skip(ELECTRON === '', 'Electron is not here: WHITTLE_ELECTRON names its program')
test.describe.configure({ mode: 'serial' })

const DEMO = join(APP, 'resources', 'demo-model')

let work: string
let started: StartedApp
test.beforeAll(async () => {
  work = freshFolder()
  started = await startApp(work)
})
test.afterAll(async () => {
  await endApp(started.app)
  removeFolder(work)
})

test("the window shows Whittle's own page, sandboxed, without a complaint", async () => {
  const { app, page, complaints } = started
  expect(page.url()).toMatch(/^app:\/\/whittle\/index\.html/)
  expect(await page.title()).toBe('Whittle')
  const window = await app.evaluate(({ BrowserWindow }) => ({
    title: BrowserWindow.getAllWindows()[0]?.getTitle(),
    least: BrowserWindow.getAllWindows()[0]?.getMinimumSize(),
  }))
  expect(window).toEqual({ title: 'Whittle', least: [960, 640] })
  expect(await page.evaluate(() => ['require', 'process', 'module', 'Buffer', 'electron'].filter((name) => name in globalThis))).toEqual([])
  expect(complaints).toEqual([])
  await page.screenshot({ path: test.info().outputPath('start.png') })
})

test('the bridge has four functions, answers calls of the contract and refuses others', async () => {
  const { page } = started
  expect(await page.evaluate(() => Object.keys(window.whittle ?? {}).sort())).toEqual(['call', 'onCommand', 'onEvent', 'pathForFile'])
  expect(await page.evaluate(() => window.whittle?.call('app.info', {}))).toMatchObject({ output: { host: 'electron', dataFolder: work } })
  for (const name of ['no.such', '__proto__', 'constructor']) {
    expect(await page.evaluate((asked) => window.whittle?.call(asked as 'app.info', {}), name), name).toMatchObject({
      error: { code: 'request-invalid' },
    })
  }
})

test('a page from elsewhere that got hold of the bridge is refused', async () => {
  const answers = await started.app.evaluate(
    async ({ BrowserWindow }, preload) => {
      const told: string[] = []
      for (const address of ['data:text/html,<h1>x</h1>', 'about:blank']) {
        const other = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true, contextIsolation: true } })
        await other.loadURL(address)
        told.push((await other.webContents.executeJavaScript('window.whittle.call("app.info", {}).then(JSON.stringify)')) as string)
        other.destroy()
      }
      return told
    },
    join(APP, 'out', 'preload', 'preload.cjs'),
  )
  for (const answer of answers) expect(answer).toContain('not a call of this app')
})

test('text that the user copies arrives; the clipboard is not read', async () => {
  const { app, page } = started
  await app.evaluate(async ({ clipboard, BrowserWindow }) => {
    await clipboard.writeText('before')
    BrowserWindow.getAllWindows()[0]?.focus()
  })
  await page.evaluate(() => {
    const button = document.createElement('button')
    button.id = 'copies'
    button.onclick = () => {
      navigator.clipboard.writeText('copied').then(
        () => {
          button.textContent = 'done'
        },
        (error: unknown) => {
          button.textContent = String(error)
        },
      )
    }
    document.body.append(button)
    button.focus()
  })
  await page.keyboard.press('Enter')
  await expect(page.locator('#copies')).toHaveText('done')
  expect(await app.evaluate(({ clipboard }) => clipboard.readText())).toBe('copied')
  expect(
    await page.evaluate(() =>
      navigator.clipboard.readText().then(
        () => 'read',
        () => 'refused',
      ),
    ),
  ).toBe('refused')
  await page.evaluate(() => document.getElementById('copies')?.remove())
})

test('a second start shows the window, with the path it names from where it was started, and ends', async () => {
  const { app, page } = started
  const route = () => page.evaluate(() => location.hash)
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.minimize())
  expect(await startAgain(work, [], '/')).toBe(0)
  await expect.poll(() => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isMinimized())).toBe(false)
  expect(await route()).not.toContain('path=')
  expect(await startAgain(work, ['--lang=en', 'demo-model'], join(APP, 'resources'))).toBe(0)
  await expect.poll(route).toContain(`path=${DEMO}`)
  await expect(page.getByText('Can be shrunk')).toBeVisible()
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.loadURL('app://whittle/index.html'))
})

test('the page reaches nothing outside, opens no window and goes nowhere', async () => {
  const { app, page } = started
  const reached = await page.evaluate(async () => {
    const tries = ['https://example.com/', 'http://127.0.0.1:9/', 'file:///etc/passwd', 'app://other/index.html'].map((address) =>
      fetch(address).then(
        (answer) => answer.ok,
        () => false,
      ),
    )
    return [...(await Promise.all(tries)), window.open('file:///etc/passwd') !== null, window.open('app://whittle/index.html') !== null]
  })
  expect(reached).toEqual([false, false, false, false, false, false])
  const before = page.url()
  for (const address of ['https://example.com/', 'file:///etc/passwd', 'data:text/html,hello', 'app://other/x', 'about:blank']) {
    await page.evaluate((to) => {
      location.href = to
    }, address)
    await page.waitForTimeout(300)
    await expect.poll(() => page.url(), { message: address }).toBe(before)
  }
  expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
})

test('a page whose process dies comes back and says so', async () => {
  const { app } = started
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer())
  await expect.poll(() => logOf(work)).toContain("the page's process ended")
  await expect
    .poll(() => inPage<string>(app, 'document.body.innerText').catch(() => 'no page yet'))
    .toContain('This window failed and was loaded again.')
})

test('the window opens where it was left, start after start', async () => {
  const place = () => JSON.parse(readFileSync(join(work, 'window.json'), 'utf8')) as unknown
  await started.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.setBounds({ x: 120, y: 90, width: 1100, height: 700 }),
  )
  await expect.poll(place).toMatchObject({ width: 1100, height: 700 })
  await started.app.close()
  const left = place()
  for (let round = 0; round < 2; round++) {
    started = await startApp(work)
    await started.page.waitForTimeout(1000)
    await started.app.close()
    expect(place()).toEqual(left)
  }
  started = await startApp(work)
})
