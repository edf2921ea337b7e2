import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { recipe, temporaryFolder } from '../../store/example.ts'
import * as electron from './fake-electron.ts'
import { appFolder, commands, longRun, menuEntry, resetElectron, startedApp, startWith, states } from './started-app.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
const { startApp: start } = await import('../../../src-main/hosts/electron/app.ts')

beforeEach(resetElectron)
const startApp = (work?: string) => startedApp(start, work)

test('a run from the page: events, progress on the dock, the machine awake, a notification that leads to the result', async () => {
  const { window, call } = await startApp()
  const prepared = (await call('run.prepare', recipe())) as { output: { id: string } }
  const { id } = prepared.output
  await vi.waitFor(() => expect(states(window)).toEqual(['preparing', 'planned']), { timeout: 20_000 })
  await call('run.start', { runId: id })
  await vi.waitFor(() => expect(states(window)).toEqual(['preparing', 'planned', 'running', 'done']), { timeout: 20_000 })
  expect(electron.powerSaveBlocker.start).toHaveBeenCalledTimes(2)
  expect(electron.powerSaveBlocker.stop).toHaveBeenCalledTimes(2)
  expect(window.setProgressBar).toHaveBeenLastCalledWith(-1, { mode: 'normal' })
  expect(electron.Notification.shown).toMatchObject([{ body: 'The smaller model is ready.' }])
  expect(electron.app.setBadgeCount).toHaveBeenLastCalledWith(1)
  expect(await electron.Notification.click()).toBe(true)
  expect(window.loadURL).toHaveBeenLastCalledWith(`app://whittle/index.html#/runs/${id}/result`)
  window.emit('focus')
  expect(electron.app.setBadgeCount).toHaveBeenLastCalledWith(0)
  await call('host.reveal', { runId: id })
  expect(electron.shell.showItemInFolder).toHaveBeenCalledWith(expect.stringContaining('tiny.gguf'))
})

test('settings decide on sleep and notifications, also in mid-run', async () => {
  const app = await startApp()
  await app.call('settings.set', { preventSleep: false, notify: false })
  const id = await longRun(app)
  expect(electron.powerSaveBlocker.start).not.toHaveBeenCalled()
  await app.call('settings.set', { preventSleep: true })
  expect(electron.powerSaveBlocker.start).toHaveBeenCalledTimes(1)
  await app.call('settings.set', { preventSleep: false })
  expect(electron.powerSaveBlocker.stop).toHaveBeenCalledTimes(1)
  await app.call('run.pause', { runId: id, when: 'now' })
  await vi.waitFor(() => expect(states(app.window)).toContain('paused'), { timeout: 20_000 })
  expect(app.window.setProgressBar).toHaveBeenLastCalledWith(expect.any(Number), { mode: 'paused' })
  expect(electron.Notification.shown).toEqual([])
})

test('the menu hands its wishes to the page, in the language and with the theme of the settings', async () => {
  const { window, call } = await startApp()
  menuEntry('New Run').click?.()
  menuEntry('Export …').click?.()
  expect(commands(window)).toEqual([{ name: 'new-run' }, { name: 'export' }])
  expect(menuEntry('Cancel the Run …').enabled).toBe(false)
  await call('settings.set', { language: 'de', theme: 'dark' })
  expect(menuEntry('Neuer Lauf').accelerator).toBe('CmdOrCtrl+N')
  expect(menuEntry('Dunkel').checked).toBe(true)
  expect(electron.nativeTheme.themeSource).toBe('dark')
  menuEntry('Protokolle anzeigen').click?.()
  expect(electron.shell.openPath).toHaveBeenCalledWith(expect.stringMatching(/logs$/))
})

test('dialogs belong to the window, ask for what is needed, and may be cancelled', async () => {
  const { window, call } = await startApp()
  electron.dialog.showOpenDialog.mockResolvedValueOnce({ canceled: false, filePaths: ['/picked'] })
  expect(await call('host.pickFolder', {})).toEqual({ output: { path: '/picked' } })
  expect(electron.dialog.showOpenDialog).toHaveBeenCalledWith(
    window,
    expect.objectContaining({ properties: ['openDirectory', 'createDirectory'] }),
  )
  electron.dialog.showOpenDialog.mockResolvedValueOnce({ canceled: true, filePaths: [] })
  expect(await call('host.pickFile', { purpose: 'bundle' })).toEqual({ output: { path: null } })
  expect(electron.dialog.showOpenDialog).toHaveBeenLastCalledWith(
    window,
    expect.objectContaining({ filters: [{ name: 'Bundles of runs', extensions: ['json'] }, expect.anything()] }),
  )
  expect(await call('host.openFolder', { folder: 'logs' })).toEqual({ output: {} })
  electron.shell.openPath.mockResolvedValueOnce('no such folder')
  expect(await call('host.openFolder', { folder: 'logs' })).toMatchObject({ error: { code: 'internal' } })
})

test('a second start brings the window up with the path it names; files opened from the dock too', async () => {
  const { window } = await startApp()
  const model = temporaryFolder()
  window.minimized = true
  electron.app.isFirst = false
  startWith('--flag')
  start()
  expect(window.restore).toHaveBeenCalled()
  expect(window.focus).toHaveBeenCalled()
  expect(electron.app.quit).toHaveBeenCalledTimes(1)
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(model)
  onTestFinished(() => cwd.mockRestore())
  startWith('--flag', 'missing', '.')
  start()
  electron.app.emit('open-file', { preventDefault: () => {} }, '/models/x')
  expect(commands(window)).toEqual([
    { name: 'open-path', path: model },
    { name: 'open-path', path: '/models/x' },
  ])
  expect(electron.BrowserWindow.all).toHaveLength(1)
})

test('a program that Node forked, taking it for Node, ends at once and disturbs nobody', async () => {
  const { window } = await startedApp(start)
  electron.app.isPackaged = true
  electron.app.isFirst = false
  const send = process.send
  onTestFinished(() => {
    process.send = send
  })
  process.send = () => true
  startWith('/app/testBindingBinary.js')
  start()
  expect(electron.app.exit).toHaveBeenCalledWith(64)
  expect(commands(window)).toEqual([])
})

test("without a sandbox by the user's own wish, none is asked for: both at once end in a loop", async () => {
  electron.app.switches.add('no-sandbox')
  await startedApp(start)
  expect(electron.app.enableSandbox).not.toHaveBeenCalled()
  expect(electron.app.setAppUserModelId).toHaveBeenCalledWith('io.whittle.app')
})

test('a file opened before the app was ready waits for its page', async () => {
  electron.app.path = appFolder()
  startWith('--work', temporaryFolder())
  start()
  electron.app.emit('open-file', { preventDefault: () => {} }, '/models/early')
  await vi.waitFor(() => expect(electron.BrowserWindow.all).toHaveLength(1))
  expect(commands(electron.BrowserWindow.all[0] as electron.BrowserWindow)).toEqual([{ name: 'open-path', path: '/models/early' }])
})

test('everything Electron keeps lies in the data folder; dumps of crashes are never sent', async () => {
  const { work } = await startApp()
  expect(electron.app.getPath('userData')).toBe(join(work, 'window'))
  expect(electron.app.getPath('crashDumps')).toBe(join(work, 'crashes'))
  expect(existsSync(join(work, 'crashes'))).toBe(true)
  expect(electron.crashReporter.start).toHaveBeenCalledWith({ uploadToServer: false })
})

test('an opened model becomes a recent document of the system', async () => {
  const { call } = await startApp()
  const folder = temporaryFolder()
  await call('model.open', { path: folder })
  expect(electron.app.addRecentDocument).not.toHaveBeenCalled()
  const demo = join(import.meta.dirname, '../../../resources/demo-model')
  cpSync(demo, join(electron.app.path, 'resources/demo-model'), { recursive: true })
  expect(await call('model.open', { path: 'whittle:demo-model' })).toMatchObject({ output: { path: 'whittle:demo-model' } })
  expect(electron.app.addRecentDocument).not.toHaveBeenCalled()
  expect(await call('model.open', { path: demo })).toHaveProperty('output')
  expect(electron.app.addRecentDocument).toHaveBeenCalledWith(demo)
})

test('a work folder that cannot be used is told in words', async () => {
  electron.app.path = appFolder()
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  startWith('--work', join(file, 'below'))
  electron.app.languages = ['de-AT', 'en']
  start()
  await vi.waitFor(() => expect(electron.app.exit).toHaveBeenCalledWith(1))
  expect(electron.dialog.showErrorBox).toHaveBeenCalledWith('Whittle kann nicht starten', expect.stringContaining(file))
})

test.each([
  [0, true],
  [1, false],
])('a damaged history: answer %i, and an empty one begins: %s', async (response, begins) => {
  electron.app.path = appFolder()
  const work = temporaryFolder()
  writeFileSync(join(work, 'whittle.db'), 'no database'.repeat(1000))
  startWith('--work', work)
  electron.dialog.showMessageBox.mockResolvedValueOnce({ response })
  start()
  if (begins) await vi.waitFor(() => expect(electron.BrowserWindow.all).toHaveLength(1))
  else await vi.waitFor(() => expect(electron.app.exit).toHaveBeenCalledWith(1))
  expect(electron.dialog.showMessageBox).toHaveBeenCalledWith(
    expect.objectContaining({ detail: expect.stringContaining('whittle-damaged.db') }),
  )
  expect(electron.dialog.showErrorBox).not.toHaveBeenCalled()
  expect(existsSync(join(work, 'whittle-damaged.db'))).toBe(begins)
})

test('beside a portable mark the data lie beside the program', async () => {
  const root = appFolder()
  writeFileSync(join(root, 'portable'), '')
  mkdirSync(join(root, 'whittle-data'))
  electron.app.path = root
  startWith()
  start()
  await vi.waitFor(() => expect(electron.BrowserWindow.all).toHaveLength(1))
  const info = await electron.ipcMain.handlers.get('whittle:call')?.(
    { senderFrame: { url: 'app://whittle/index.html', parent: null } },
    'app.info',
    {},
  )
  expect(info).toMatchObject({ output: { portable: true, dataFolder: join(root, 'whittle-data') } })
  expect(electron.app.getPath('userData')).toBe(join(root, 'whittle-data', 'window'))
})
