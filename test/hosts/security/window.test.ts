import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { temporaryFolder } from '../../store/example.ts'
import * as electron from '../electron/fake-electron.ts'
import { resetElectron, startedApp } from '../electron/started-app.ts'

vi.mock('electron', () => import('../electron/fake-electron.ts'))
const { startApp: start } = await import('../../../src-main/hosts/electron/app.ts')
const { servePageProtocol } = await import('../../../src-main/hosts/electron/page-protocol.ts')

beforeEach(resetElectron)

test('points 2, 3, 4, 6, 8, 9, 10 and 11: the window is sandboxed, isolated, without node and without loosened rules', async () => {
  const { window } = await startedApp(start)
  expect(electron.app.enableSandbox).toHaveBeenCalled()
  const { preload, ...preferences } = window.options.webPreferences
  expect(preload).toMatch(/out.preload.preload\.cjs$/)
  expect(preferences).toEqual({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    spellcheck: false,
    navigateOnDragDrop: false,
  })
  expect(preferences).not.toHaveProperty('enableBlinkFeatures')
  expect(window.loadURL.mock.calls).toEqual([['app://whittle/index.html']])
})

test('points 5 and 1: permissions are denied and the network is cut off before the page is loaded', async () => {
  const { window } = await startedApp(start)
  const [loaded] = window.loadURL.mock.invocationCallOrder
  const { setPermissionRequestHandler, setPermissionCheckHandler, webRequest } = electron.session.defaultSession
  for (const guard of [setPermissionRequestHandler, setPermissionCheckHandler, webRequest.onBeforeRequest])
    expect(guard.mock.invocationCallOrder[0]).toBeLessThan(loaded ?? 0)
})

test("point 18: app:// serves the page's folder and nothing around it, however the path is spelled", async () => {
  const root = temporaryFolder()
  const page = join(root, 'renderer')
  mkdirSync(join(page, 'assets'), { recursive: true })
  for (const path of ['secret.json', 'renderer/index.html', 'renderer/assets/a.js', 'renderer/assets/raw.node'])
    writeFileSync(join(root, path), 'x')
  symlinkSync(join(root, 'secret.json'), join(page, 'link.json'))
  servePageProtocol(electron.session.defaultSession as never, page)
  const get = (url: string, method = 'GET') => electron.session.defaultSession.pageHandler?.({ url, method } as Request)
  for (const url of ['app://whittle/', 'app://whittle/index.html', 'app://whittle/assets/a.js?x#y']) {
    const answer = await get(url)
    expect(answer?.status, url).toBe(200)
    expect(answer?.headers.get('content-security-policy'), url).toContain(`script-src 'self'`)
    expect(answer?.headers.get('x-content-type-options'), url).toBe('nosniff')
  }
  const refused = [
    'app://whittle/../secret.json',
    'app://whittle/../../etc/passwd',
    'app://whittle/%2e%2e/secret.json',
    'app://whittle/%2e%2e%2fsecret.json',
    'app://whittle/..%5csecret.json',
    'app://whittle/..%2fsecret.json',
    'app://whittle/%252e%252e/secret.json',
    'app://whittle//etc/passwd',
    'app://whittle/assets/..%2f..%2fsecret.json',
    'app://whittle/%00index.html',
    'app://whittle/C:%5cWindows%5cwin.ini',
    'app://whittle/%',
    'app://whittle/link.json',
    'app://whittle/assets',
    'app://whittle/assets/raw.node',
    'app://whittle/missing.js',
    'app://other/index.html',
    'app://whittle.evil/index.html',
  ]
  for (const url of refused) expect((await get(url))?.status, url).toBe(404)
  expect((await get('app://whittle/index.html', 'POST'))?.status).toBe(404)
})

test('point 18: the scheme is secure and standard, and gains no right to pass the content policy', async () => {
  await startedApp(start)
  expect(electron.protocol.registerSchemesAsPrivileged.mock.calls).toEqual([
    [[{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } }]],
  ])
})
