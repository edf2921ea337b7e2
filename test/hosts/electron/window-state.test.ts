import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { temporaryFolder } from '../../store/example.ts'
import * as electron from './fake-electron.ts'
import { resetElectron, startedApp } from './started-app.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
const { startApp: start } = await import('../../../src-main/hosts/electron/app.ts')
const { placeWindow } = await import('../../../src-main/hosts/electron/window-state.ts')

beforeEach(resetElectron)

function left(state: unknown): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'window.json'), typeof state === 'string' ? state : JSON.stringify(state))
  return folder
}

const place = { x: 2000, y: 100, width: 1200, height: 800, maximized: false }

test('a window opens where it was left, on the second screen too', () => {
  electron.screen.all = [electron.display(0, 0, 1920, 1080), electron.display(1920, 0, 1920, 1080)]
  expect(placeWindow(left(place))).toEqual(place)
  expect(placeWindow(left({ ...place, maximized: true }))).toMatchObject({ maximized: true })
})

test.each([
  ['its screen is gone', place],
  ['its title is above every screen', { ...place, x: 100, y: -500 }],
  ['hardly any of it is on a screen', { ...place, x: 1900 }],
])('%s: the size stays, the place does not', (_, state) => {
  expect(placeWindow(left(state))).toEqual({ x: 360, y: 140, width: 1200, height: 800, maximized: false })
})

test.each([['{'], [{ x: 'left' }], [{ ...place, width: 1e9, x: 0.5 }]])('a file nobody can read (%j) counts as none', (state) => {
  expect(placeWindow(left(state))).toEqual({ x: 320, y: 110, width: 1280, height: 860, maximized: false })
})

test('a first window fits a small screen; no window is smaller than its page', () => {
  electron.screen.all = [electron.display(0, 0, 1024, 700)]
  expect(placeWindow(temporaryFolder())).toEqual({ x: 0, y: 0, width: 1024, height: 700, maximized: false })
  expect(placeWindow(left({ x: 0, y: 0, width: 10, height: 10, maximized: false }))).toMatchObject({ x: 0, y: 0, width: 960, height: 640 })
})

/** A window as the app opens it, where its window manager puts a frame around it and puts it `moved` by that. */
async function openedWithFrame(work: string, frame: { x: number; y: number }) {
  const { window } = await startedApp(start, work)
  const { x = 0, y = 0, width, height } = window.options
  window.bounds = { x: x + frame.x, y: y + frame.y, width, height }
  return window
}

const kept = (work: string): unknown => JSON.parse(readFileSync(join(work, 'window.json'), 'utf8'))
const close = (window: electron.BrowserWindow) => window.emit('close', { preventDefault: () => {} })

test.runIf(process.platform === 'linux')('the frame that a window manager draws does not move the window from start to start', async () => {
  const work = left({ ...place, x: 100 })
  const window = await openedWithFrame(work, { x: 4, y: 28 })
  close(window)
  expect(kept(work)).toEqual({ ...place, x: 100 })
  window.bounds = { ...window.bounds, x: 504, y: 328 }
  window.maximized = true
  close(window)
  expect(kept(work)).toEqual({ ...place, x: 500, y: 300, maximized: true })
})

test('a window that was never seen at its own size keeps the place it was given', async () => {
  const work = left({ ...place, x: 100, maximized: true })
  const window = await openedWithFrame(work, { x: -100, y: -100 })
  close(window)
  expect(kept(work)).toEqual(process.platform === 'linux' ? { ...place, x: 100, maximized: true } : expect.anything())
})

test('how a window is left is kept for the next start', async () => {
  const { window, work } = await startedApp(start)
  expect(window.options).toMatchObject({ minWidth: 960, minHeight: 640 })
  window.bounds = { x: 5, y: 6, width: 1000, height: 650 }
  close(window)
  window.maximized = true
  close(window)
  expect(kept(work)).toEqual({ x: 5, y: 6, width: 1000, height: 650, maximized: true })
})
