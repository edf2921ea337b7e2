import { app, nativeTheme, type BrowserWindow } from 'electron'
import { join } from 'node:path'
import type { AppCommand } from '../../contract/wire.ts'
import type { Workplace } from '../workplace.ts'
import { carryEvents } from './carry-calls.ts'
import type { RunSigns } from './run-signs.ts'
import { showInTray, type BackgroundSign } from './tray.ts'
import { keepWindowState, placeWindow } from './window-state.ts'
import { watchPage } from './watch-page.ts'
import { goTo, openWindow, sendCommand, showWindow } from './window.ts'
import type { HostWords } from './words.ts'

/** The app's one window, while it is open, and the sign of it while it is not. */
export interface Shell {
  window(): BrowserWindow | null
  /** Brings the window up, or opens it. */
  show(): void
  /** Brings the window up with a wish for its page. */
  send(command: AppCommand): void
  /** Brings the window up at one of its page's routes, e.g. '/runs/1/result'. */
  goTo(route: string): void
  /** The window goes, the app stays. */
  toBackground(): void
  /** The window and its sign go at once, without a question. */
  close(): void
}

export interface ShellParts {
  readonly root: string
  readonly data: string
  readonly workplace: Workplace
  readonly signs: RunSigns
  words(): HostWords
  log(text: string): void
  /** A window was opened. */
  onOpen(window: BrowserWindow): void
}

export function openShell({ root, data, workplace: { service, dependencies }, signs, words, log, onOpen }: ShellParts): Shell {
  let window: BrowserWindow | null = null
  let sign: BackgroundSign | null = null
  const icon = join(root, 'resources', 'icons', '256x256.png')
  const open = (): BrowserWindow => {
    const place = placeWindow(data)
    const opened = openWindow({ preload: join(root, 'out', 'preload', 'preload.cjs'), icon, place })
    keepWindowState(opened, data, place, log)
    watchPage(opened, { words, log, quit: () => app.quit() })
    opened.on('focus', () => signs.seen())
    opened.on('closed', () => {
      window = null
    })
    carryEvents(service, opened.webContents)
    onOpen(opened)
    return opened
  }
  const removeSign = (): void => {
    sign?.remove()
    sign = null
  }
  const show = (): BrowserWindow => {
    removeSign()
    if (window === null) window = open()
    else showWindow(window)
    return window
  }
  nativeTheme.themeSource = dependencies.settings.read().theme
  dependencies.settings.subscribe(({ theme }) => {
    nativeTheme.themeSource = theme
  })
  return {
    window: () => window,
    show,
    send: (command) => sendCommand(show(), command),
    goTo: (route) => goTo(show(), route),
    toBackground() {
      window?.hide()
      // On macOS the dock is the sign.
      if (process.platform !== 'darwin')
        sign ??= showInTray(join(root, 'resources', 'icons', '32x32.png'), words(), { open: show, quit: () => app.quit() })
    },
    close() {
      removeSign()
      window?.destroy()
    },
  }
}
