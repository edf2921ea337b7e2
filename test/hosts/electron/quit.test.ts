import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { QuitParts } from '../../../src-main/hosts/electron/quit.ts'
import { wordsFor } from '../../../src-main/hosts/electron/words.ts'
import * as electron from './fake-electron.ts'
import { longRun, resetElectron, startedApp, states } from './started-app.ts'
import { recipe } from '../../store/example.ts'
import { openStore } from '../../../src-main/store/store.ts'
import { readRun } from '../../../src-main/store/runs.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
const { startApp: start } = await import('../../../src-main/hosts/electron/app.ts')
const { askBeforeQuit } = await import('../../../src-main/hosts/electron/quit.ts')

beforeEach(resetElectron)

/** Answers of the question, as its buttons stand. */
const [BACKGROUND, PAUSE, STAY] = [0, 1, 2]

const settled = () => new Promise((resolve) => setTimeout(resolve, 20))

test('quitting in mid-run asks; staying changes nothing', async () => {
  const app = await startedApp(start)
  await longRun(app)
  electron.dialog.showMessageBox.mockResolvedValueOnce({ response: STAY })
  const preventDefault = vi.fn()
  electron.app.emit('before-quit', { preventDefault })
  await settled()
  expect(preventDefault).toHaveBeenCalled()
  expect(electron.dialog.showMessageBox).toHaveBeenCalledWith(
    app.window,
    expect.objectContaining({ buttons: ['Keep working in the background', 'Pause and quit', 'Cancel'], cancelId: 2 }),
  )
  expect(electron.app.quit).not.toHaveBeenCalled()
  expect(states(app.window)).not.toContain('paused')
})

test.runIf(process.platform !== 'darwin')(
  'a window closed in mid-run may leave the run at work; the tray and a second start lead back',
  async () => {
    const app = await startedApp(start)
    await longRun(app)
    electron.dialog.showMessageBox.mockResolvedValueOnce({ response: BACKGROUND })
    const preventDefault = vi.fn()
    app.window.emit('close', { preventDefault })
    await vi.waitFor(() => expect(app.window.hide).toHaveBeenCalled())
    expect(preventDefault).toHaveBeenCalled()
    const tray = await electron.Tray.unheld.last()
    expect(tray?.gone).toBe(false)
    tray?.emit('click')
    expect(app.window.show).toHaveBeenCalledTimes(1)
    await vi.waitFor(() => expect(tray?.gone).toBe(true))
    electron.app.emit('second-instance', {}, ['electron', 'app'], '/', { path: null })
    expect(app.window.show).toHaveBeenCalledTimes(2)
  },
)

test('pause and quit: the run rests before the app ends', async () => {
  const app = await startedApp(start)
  await longRun(app)
  electron.dialog.showMessageBox.mockResolvedValueOnce({ response: PAUSE })
  electron.app.emit('before-quit', { preventDefault: () => {} })
  electron.app.emit('before-quit', { preventDefault: () => {} }) // asked once only
  await vi.waitFor(() => expect(electron.app.quit).toHaveBeenCalledTimes(1), { timeout: 20_000 })
  expect(electron.dialog.showMessageBox).toHaveBeenCalledTimes(1)
  expect(states(app.window)).toContain('paused')
  const preventDefault = vi.fn()
  electron.app.emit('before-quit', { preventDefault })
  expect(preventDefault).not.toHaveBeenCalled()
})

test('without a run nobody is asked', async () => {
  const { window } = await startedApp(start)
  const preventDefault = vi.fn()
  window.emit('close', { preventDefault })
  expect(preventDefault).not.toHaveBeenCalled()
  electron.app.emit('before-quit', { preventDefault })
  await vi.waitFor(() => expect(electron.app.quit).toHaveBeenCalled(), { timeout: 20_000 })
  expect(electron.dialog.showMessageBox).not.toHaveBeenCalled()
})

test('pause and quit before anything is written: the run is paused, and so are those in line', async () => {
  const app = await startedApp(start)
  const ids: string[] = []
  for (let i = 0; i < 2; i++) {
    const { output } = (await app.call('run.begin', {
      recipe: recipe({ parameters: { calibrateSteps: 1000, layerMs: 20 } }),
      check: null,
    })) as { output: { id: string } }
    ids.push(output.id)
  }
  await vi.waitFor(
    () => expect(app.window.webContents.sent.some((message) => (message[1] as { kind?: string }).kind === 'progress')).toBe(true),
    { timeout: 20_000 },
  )
  electron.dialog.showMessageBox.mockResolvedValueOnce({ response: PAUSE })
  electron.app.emit('before-quit', { preventDefault: () => {} })
  await vi.waitFor(() => expect(electron.app.quit).toHaveBeenCalledTimes(1), { timeout: 20_000 })
  const store = openStore(app.work, () => {})
  expect(ids.map((id) => readRun(store, id).summary.state)).toEqual(['paused', 'paused'])
  store.close()
})

test('while the app ends, its page is gone and calls are refused: the store closes under nobody', async () => {
  const app = await startedApp(start)
  electron.app.emit('before-quit', { preventDefault: () => {} })
  await vi.waitFor(() => expect(electron.app.quit).toHaveBeenCalled(), { timeout: 20_000 })
  expect(app.window.destroy).toHaveBeenCalled()
  expect(await app.call('run.list', {})).toMatchObject({ error: { code: 'app-closing' } })
})

test('when the system shuts down nobody is asked', async () => {
  const app = await startedApp(start)
  await longRun(app)
  electron.powerMonitor.emit('shutdown')
  await vi.waitFor(() => expect(electron.app.quit).toHaveBeenCalled(), { timeout: 20_000 })
  expect(electron.dialog.showMessageBox).not.toHaveBeenCalled()
  expect(states(app.window)).toContain('paused')
})

test('a close that hangs holds the app up for a while only, and the log says so', async () => {
  vi.useFakeTimers()
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const log = vi.fn()
  const never = new Promise<void>(() => {})
  const signs = { working: () => null, allWorking: () => [], stop: vi.fn() } as Partial<QuitParts['signs']> as QuitParts['signs']
  askBeforeQuit({
    service: { call: vi.fn(), connect: vi.fn(), subscribe: vi.fn(), close: vi.fn() },
    signs,
    window: () => null,
    words: () => wordsFor('en', []),
    toBackground: vi.fn(),
    close: () => never,
    log,
  })
  electron.app.emit('before-quit', { preventDefault: () => {} })
  await vi.advanceTimersByTimeAsync(9000)
  expect(electron.app.quit).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(2000)
  expect(electron.app.quit).toHaveBeenCalled()
  expect(log).toHaveBeenCalledWith('closing took longer than 10 s: the app ends without waiting for it')
})
