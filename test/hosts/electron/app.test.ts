import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { SOURCE_ROOT } from '../../../src-main/hosts/workplace.ts'
import { recipe, temporaryFolder } from '../../store/example.ts'
import * as electron from './fake-electron.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
const { startApp: start } = await import('../../../src-main/hosts/electron/app.ts')

beforeEach(() => {
  electron.app.removeAllListeners()
  electron.BrowserWindow.all.length = 0
  electron.Notification.shown.length = 0
  electron.ipcMain.handlers.clear()
  vi.clearAllMocks()
  electron.dialog.showMessageBoxSync.mockReturnValue(1)
})

/** An app folder as a build leaves it, with the fake engine in the engine's place. */
function appFolder(): string {
  const root = temporaryFolder()
  for (const folder of ['out/main', 'out/renderer', 'out/preload', 'resources']) mkdirSync(join(root, folder), { recursive: true })
  cpSync(join(SOURCE_ROOT, 'package.json'), join(root, 'package.json'))
  writeFileSync(join(root, 'out/renderer/index.html'), '<!doctype html>')
  const engine = fileURLToPath(new URL('../../jobs/fake-engine.ts', import.meta.url))
  writeFileSync(join(root, 'out/main/engine.js'), `await import(${JSON.stringify(engine)})`)
  return root
}

/** Starts the app; gives its window and a way to call as its page would. */
async function startApp() {
  electron.app.path = appFolder()
  electron.app.work = temporaryFolder()
  start()
  await vi.waitFor(() => expect(electron.BrowserWindow.all).toHaveLength(1))
  onTestFinished(quit)
  const window = electron.BrowserWindow.all[0] as electron.BrowserWindow
  const call = (name: string, input: unknown, frame = { url: 'app://whittle/index.html', parent: null as object | null }) =>
    electron.ipcMain.handlers.get('whittle:call')?.({ senderFrame: frame }, name, input)
  return { window, call }
}

async function quit(): Promise<void> {
  electron.dialog.showMessageBoxSync.mockReturnValue(0)
  electron.app.emit('before-quit', { preventDefault: () => {} })
  await vi.waitFor(() => expect(electron.app.quit).toHaveBeenCalled(), { timeout: 8000 })
}

/** States of runs as the page hears them. */
const states = (window: electron.BrowserWindow) => window.webContents.sent.map((message) => message[1] as { kind: string; state: string }).filter((event) => event.kind === 'state').map((event) => event.state)

test('the window is sandboxed, isolated and without node', async () => {
  const { window } = await startApp()
  expect(electron.app.enableSandbox).toHaveBeenCalled()
  expect(window.options.webPreferences).toMatchObject({
    sandbox: true, contextIsolation: true, nodeIntegration: false, nodeIntegrationInWorker: false, nodeIntegrationInSubFrames: false,
    webSecurity: true, allowRunningInsecureContent: false, webviewTag: false, preload: expect.stringMatching(/out.preload.preload\.cjs$/),
  })
  expect(window.loadURL).toHaveBeenCalledWith('app://whittle/index.html')
  expect(electron.protocol.registerSchemesAsPrivileged).toHaveBeenCalledWith([{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } }])
})

test('app:// serves the page with its policy, and nothing else', async () => {
  await startApp()
  const get = (url: string, method = 'GET') => electron.session.defaultSession.pageHandler?.(new Request(url, { method }))
  const page = await get('app://whittle/index.html')
  expect(page?.status).toBe(200)
  expect(page?.headers.get('content-security-policy')).toContain(`script-src 'self'`)
  for (const url of ['app://whittle/../package.json', 'app://whittle/%2e%2e/package.json', 'app://whittle/..%2f..%2fpackage.json', 'app://other/index.html', 'app://whittle/missing.js']) {
    expect((await get(url))?.status, url).toBe(404)
  }
  expect((await get('app://whittle/index.html', 'POST'))?.status).toBe(404)
})

test('calls are answered for our page; other senders, other names and wrong inputs are not', async () => {
  const { call } = await startApp()
  expect(await call('app.info', {})).toMatchObject({ output: { host: 'electron', canPickFolder: true, canReveal: true } })
  const refused = { error: { code: 'request-invalid' } }
  expect(await call('app.info', {}, { url: 'https://evil.example/', parent: null })).toMatchObject(refused)
  expect(await call('app.info', {}, { url: 'app://whittle/index.html', parent: {} })).toMatchObject(refused)
  expect(await call('constructor', {})).toMatchObject(refused)
  expect(await call('run.get', { runId: 5 })).toMatchObject(refused)
  expect(await call('run.get', { runId: 'nope' })).toMatchObject({ error: { code: 'run-not-found' } })
})

test('a run from the page: events, progress on the dock, the machine awake, a notification', async () => {
  const { window, call } = await startApp()
  window.webContents.emit('did-finish-load')
  const prepared = await call('run.prepare', recipe()) as { output: { id: string } }
  await vi.waitFor(() => expect(states(window)).toEqual(['preparing', 'planned']), { timeout: 8000 })
  await call('run.start', { runId: prepared.output.id })
  await vi.waitFor(() => expect(states(window)).toEqual(['preparing', 'planned', 'running', 'done']), { timeout: 8000 })
  expect(electron.powerSaveBlocker.start).toHaveBeenCalledTimes(2)
  expect(electron.powerSaveBlocker.stop).toHaveBeenCalledTimes(2)
  expect(window.setProgressBar).toHaveBeenCalledWith(-1)
  expect(electron.Notification.shown).toMatchObject([{ body: 'The smaller model is ready.' }])
  await call('host.reveal', { runId: prepared.output.id })
  expect(electron.shell.showItemInFolder).toHaveBeenCalledWith(expect.stringContaining('tiny.gguf'))
})

test('cancel from the menu ends the engine; quitting in mid-run asks first', async () => {
  const { window, call } = await startApp()
  window.webContents.emit('did-finish-load')
  const prepared = await call('run.prepare', recipe({ parameters: { layers: 1000, layerMs: 20 } })) as { output: { id: string } }
  const { id } = prepared.output
  await vi.waitFor(() => expect(states(window)).toContain('planned'), { timeout: 8000 })
  await call('run.start', { runId: id })
  await vi.waitFor(() => expect(window.webContents.sent.some((message) => (message[1] as { kind: string }).kind === 'layer')).toBe(true), { timeout: 8000 })
  const preventDefault = vi.fn()
  electron.app.emit('before-quit', { preventDefault })
  expect(preventDefault).toHaveBeenCalled()
  expect(electron.dialog.showMessageBoxSync).toHaveBeenCalled()
  expect(electron.app.quit).not.toHaveBeenCalled()
  const menu = electron.Menu.buildFromTemplate.mock.calls[0]?.[0] as { label?: string; submenu: { label?: string; click: () => void }[] }[]
  menu.flatMap((entry) => entry.submenu ?? []).find((item) => item.label === 'Cancel the Run')?.click()
  await vi.waitFor(() => expect(states(window)).toContain('cancelled'), { timeout: 8000 })
})

test('the folder dialog belongs to the window, and may be cancelled', async () => {
  const { window, call } = await startApp()
  electron.dialog.showOpenDialog.mockResolvedValueOnce({ canceled: false, filePaths: ['/picked'] })
  expect(await call('host.pickFolder', {})).toEqual({ output: { path: '/picked' } })
  expect(electron.dialog.showOpenDialog).toHaveBeenCalledWith(window, expect.objectContaining({ properties: ['openDirectory'] }))
  electron.dialog.showOpenDialog.mockResolvedValueOnce({ canceled: true, filePaths: [] })
  expect(await call('host.pickFolder', {})).toEqual({ output: { path: null } })
})

test('a second start only brings the first window up', async () => {
  const { window } = await startApp()
  electron.app.emit('second-instance')
  expect(electron.BrowserWindow.all).toHaveLength(1)
  expect(window.restore).toHaveBeenCalled()
  expect(window.focus).toHaveBeenCalled()

  electron.app.isFirst = false
  onTestFinished(() => { electron.app.isFirst = true })
  start()
  expect(electron.app.quit).toHaveBeenCalled()
  expect(electron.BrowserWindow.all).toHaveLength(1)
})

test('a work folder that cannot be used is told in words', async () => {
  electron.app.path = appFolder()
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  electron.app.work = join(file, 'below')
  start()
  await vi.waitFor(() => expect(electron.app.exit).toHaveBeenCalledWith(1))
  expect(electron.dialog.showErrorBox).toHaveBeenCalledWith('Whittle cannot start', expect.stringContaining(file))
})
