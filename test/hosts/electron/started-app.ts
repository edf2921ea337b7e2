import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, vi } from 'vitest'
import { SOURCE_ROOT } from '../../../src-main/hosts/workplace.ts'
import { recipe, temporaryFolder } from '../../store/example.ts'
import * as electron from './fake-electron.ts'

const OWN_ARGV = process.argv

/** Forgets what an earlier test's app left in the fake. */
export function resetElectron(): void {
  electron.app.removeAllListeners()
  electron.powerMonitor.removeAllListeners()
  electron.powerMonitor.onBattery = false
  electron.BrowserWindow.all.length = 0
  electron.Notification.shown.length = 0
  electron.Tray.unheld.clear()
  electron.Notification.unheld.clear()
  electron.app.switches.clear()
  electron.app.isPackaged = false
  process.argv = OWN_ARGV
  electron.ipcMain.handlers.clear()
  electron.app.isFirst = true
  electron.app.languages = ['en-US']
  electron.screen.all = [electron.display(0, 0, 1920, 1080)]
  vi.clearAllMocks()
}

/** An app folder as a build leaves it, with the fake engine in the engine's place. */
export function appFolder(): string {
  const root = temporaryFolder()
  for (const folder of ['out/main', 'out/renderer', 'out/preload', 'resources']) mkdirSync(join(root, folder), { recursive: true })
  cpSync(join(SOURCE_ROOT, 'package.json'), join(root, 'package.json'))
  writeFileSync(join(root, 'out/renderer/index.html'), '<!doctype html>')
  const engine = fileURLToPath(new URL('../../jobs/fake-engine.ts', import.meta.url))
  writeFileSync(join(root, 'out/main/engine.js'), `await import(${JSON.stringify(engine)})`)
  return root
}

const OWN_PAGE = { url: 'app://whittle/index.html', parent: null as object | null }

/** One entry of the menu that was set last. */
interface Entry {
  readonly label?: string
  readonly role?: string
  readonly enabled?: boolean
  readonly checked?: boolean
  readonly accelerator?: string
  readonly submenu?: Entry[]
  click?(): void
}

export function menuEntry(label: string): Entry {
  const all = (entries: readonly Entry[]): Entry[] => entries.flatMap((entry) => [entry, ...all(entry.submenu ?? [])])
  const template = electron.Menu.setApplicationMenu.mock.calls.at(-1)?.[0] as Entry[]
  const found = all(template).find((entry) => entry.label === label)
  if (found === undefined)
    throw new Error(
      `no menu entry ${label}: ${all(template)
        .map((entry) => entry.label)
        .join(', ')}`,
    )
  return found
}

/** The words of a start from the sources: Electron's program, the app's folder, and what the user typed. */
export function startWith(...words: string[]): void {
  process.argv = ['electron', electron.app.path, ...words]
}

/** Starts the app; gives its window and a way to call as its page would. @param start the function under test, imported over the fake */
export async function startedApp(start: () => void, work = temporaryFolder()) {
  electron.app.path = appFolder()
  startWith('--work', work)
  start()
  await vi.waitFor(() => expect(electron.BrowserWindow.all).toHaveLength(1))
  onTestFinished(quitApp)
  const window = electron.BrowserWindow.all[0] as electron.BrowserWindow
  window.webContents.emit('did-finish-load')
  const call = (name: string, input: unknown, frame: { url: string; parent: object | null } | null = OWN_PAGE) =>
    electron.ipcMain.handlers.get('whittle:call')?.({ senderFrame: frame }, name, input)
  return { window, call, work }
}

/** Ends the app, a run at work paused. */
export async function quitApp(): Promise<void> {
  electron.dialog.showMessageBox.mockResolvedValue({ response: 1 })
  electron.app.emit('before-quit', { preventDefault: () => {} })
  await vi.waitFor(() => expect(electron.app.quit).toHaveBeenCalled(), { timeout: 20_000 })
}

/** States of runs as the page hears them. */
export function states(window: electron.BrowserWindow): string[] {
  return window.webContents.sent
    .map((message) => message[1] as { kind?: string; state?: string })
    .flatMap((event) => (event.kind === 'state' ? [event.state ?? ''] : []))
}

/** What the page was asked from outside. */
export function commands(window: electron.BrowserWindow): unknown[] {
  return window.webContents.sent.filter(([channel]) => channel === 'whittle:command').map((message) => message[1])
}

/** Starts a run that works until it is stopped, and waits for its first layer. @returns its id */
export async function longRun({ window, call }: Awaited<ReturnType<typeof startedApp>>): Promise<string> {
  const prepared = (await call('run.prepare', recipe({ parameters: { layers: 1000, layerMs: 20 } }))) as { output: { id: string } }
  const { id } = prepared.output
  await vi.waitFor(() => expect(states(window)).toContain('planned'), { timeout: 20_000 })
  await call('run.start', { runId: id })
  await vi.waitFor(() => expect(window.webContents.sent.some((message) => (message[1] as { kind?: string }).kind === 'layer')).toBe(true), {
    timeout: 20_000,
  })
  return id
}
