import { beforeEach, expect, test, vi } from 'vitest'
import * as electron from './fake-electron.ts'
import { commands, resetElectron, startedApp } from './started-app.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
const { startApp: start } = await import('../../../src-main/hosts/electron/app.ts')

beforeEach(resetElectron)

const gone = (window: electron.BrowserWindow, reason = 'crashed') =>
  window.webContents.emit('render-process-gone', {}, { reason, exitCode: 11 })

test('a page whose process ended comes back and says so; a process that ended as it should is left alone', async () => {
  const { window } = await startedApp(start)
  gone(window, 'clean-exit')
  expect(window.webContents.reload).not.toHaveBeenCalled()
  gone(window)
  expect(window.webContents.reload).toHaveBeenCalledTimes(1)
  window.webContents.loading = true
  window.webContents.emit('did-finish-load')
  expect(commands(window)).toEqual([{ name: 'page-recovered' }])
  expect(electron.dialog.showMessageBox).not.toHaveBeenCalled()
})

test('an empty page, which no guard sees coming, is not stayed on', async () => {
  const { window } = await startedApp(start)
  window.webContents.emit('did-navigate', {}, 'app://whittle/index.html#/history')
  expect(window.loadURL).toHaveBeenCalledTimes(1)
  window.webContents.emit('did-navigate', {}, 'about:blank')
  expect(window.loadURL).toHaveBeenLastCalledWith('app://whittle/index.html#/')
})

test('a page that keeps failing is not loaded for ever: the user is asked', async () => {
  const { window } = await startedApp(start)
  electron.dialog.showMessageBox.mockResolvedValueOnce({ response: 0 }).mockResolvedValueOnce({ response: 1 })
  for (let i = 0; i < 3; i++) gone(window)
  expect(electron.dialog.showMessageBox).toHaveBeenCalledTimes(1)
  expect(electron.dialog.showMessageBox).toHaveBeenCalledWith(
    window,
    expect.objectContaining({ message: "Whittle's window keeps failing." }),
  )
  await vi.waitFor(() => expect(window.webContents.reload).toHaveBeenCalledTimes(3))
  gone(window)
  await vi.waitFor(() => expect(electron.app.quit).toHaveBeenCalled())
})

test('a page that does not answer may be waited for or loaded again; the question goes when it answers', async () => {
  const { window } = await startedApp(start)
  const answers = [Promise.withResolvers<{ response: number }>(), Promise.withResolvers<{ response: number }>()]
  for (const { promise } of answers) electron.dialog.showMessageBox.mockReturnValueOnce(promise)
  window.emit('unresponsive')
  const { signal, buttons } = electron.dialog.showMessageBox.mock.calls[0]?.[1] as { signal: AbortSignal; buttons: string[] }
  expect(buttons).toEqual(['Wait', 'Reload'])
  window.emit('responsive')
  expect(signal.aborted).toBe(true)
  answers[0]?.resolve({ response: 1 }) // what an aborted question answers counts for nothing
  window.emit('unresponsive')
  answers[1]?.resolve({ response: 1 })
  await vi.waitFor(() => expect(window.webContents.forcefullyCrashRenderer).toHaveBeenCalledTimes(1))
  gone(window, 'killed')
  expect(window.webContents.reload).toHaveBeenCalledTimes(1)
})
