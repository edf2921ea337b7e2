import { BrowserWindow } from 'electron'
import type { AppCommand } from '../../contract/wire.ts'
import { COMMAND_CHANNEL } from './channels.ts'
import { PAGE_ADDRESS } from './page-protocol.ts'
import { SMALLEST, type Placement } from './window-state.ts'

export interface WindowParts {
  /** Path of the built preload script. */
  readonly preload: string
  /** Path of the picture for systems whose windows carry one. */
  readonly icon: string
  readonly place: Placement
}

/** Opens the app's window. Every guard is stated although most are Electron's defaults. */
export function openWindow({ preload, icon, place: { maximized, ...bounds } }: WindowParts): BrowserWindow {
  const window = new BrowserWindow({
    ...bounds,
    minWidth: SMALLEST.width,
    minHeight: SMALLEST.height,
    show: false,
    title: 'Whittle',
    icon,
    webPreferences: {
      preload,
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
    },
  })
  if (maximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  load(window, PAGE_ADDRESS)
  return window
}

/** Takes the window's page to one of its routes, e.g. '/runs/1/result'. */
export function goTo(window: BrowserWindow, route: string): void {
  load(window, `${PAGE_ADDRESS}#${route}`)
}

function load(window: BrowserWindow, address: string): void {
  window.loadURL(address).catch(() => {}) // 'did-fail-load' tells of it, see watch-page.ts
}

/** Hands the page a wish from outside it, as soon as the page is there. */
export function sendCommand(window: BrowserWindow, command: AppCommand): void {
  if (window.webContents.isLoading()) sendOnceLoaded(window, command)
  else window.webContents.send(COMMAND_CHANNEL, command)
}

/** Hands it to the page that is being loaded. Contents still call themselves loading when they tell of the end of it. */
export function sendOnceLoaded({ webContents }: BrowserWindow, command: AppCommand): void {
  webContents.once('did-finish-load', () => webContents.send(COMMAND_CHANNEL, command))
}

/** Brings a window up, wherever it hides. */
export function showWindow(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
}
