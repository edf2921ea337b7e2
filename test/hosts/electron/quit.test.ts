import { beforeEach, expect, test, vi } from 'vitest'
import * as electron from './fake-electron.ts'
import { longRun, resetElectron, startedApp, states } from './started-app.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
const { startApp: start } = await import('../../../src-main/hosts/electron/app.ts')

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
  expect(electron.dialog.showMessageBox).toHaveBeenCalledWith(app.window, expect.objectContaining({ buttons: ['Keep working in the background', 'Pause and quit', 'Cancel'], cancelId: 2 }))
  expect(electron.app.quit).not.toHaveBeenCalled()
  expect(states(app.window)).not.toContain('paused')
})

test.runIf(process.platform !== 'darwin')('a window closed in mid-run may leave the run at work; the tray and a second start lead back', async () => {
  const app = await startedApp(start)
  await longRun(app)
  electron.dialog.showMessageBox.mockResolvedValueOnce({ response: BACKGROUND })
  const preventDefault = vi.fn()
  app.window.emit('close', { preventDefault })
  await vi.waitFor(() => expect(app.window.hide).toHaveBeenCalled())
  expect(preventDefault).toHaveBeenCalled()
  expect(electron.Tray.all).toHaveLength(1)
  electron.app.emit('second-instance', {}, ['electron', 'app'], '/')
  expect(app.window.show).toHaveBeenCalled()
  expect(electron.Tray.all[0]?.gone).toBe(true)
})

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
