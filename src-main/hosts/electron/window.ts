import { BrowserWindow } from 'electron'
import { PAGE_ADDRESS } from './page-protocol.ts'

/** Opens the app's window. Every guard is stated although most are Electron's defaults. @param preload path of the built preload script */
export function openWindow(preload: string): BrowserWindow {
  const window = new BrowserWindow({
    width: 1280, height: 860, minWidth: 960, minHeight: 640, show: false, title: 'Whittle',
    webPreferences: {
      preload, sandbox: true, contextIsolation: true, nodeIntegration: false, nodeIntegrationInWorker: false, nodeIntegrationInSubFrames: false,
      webSecurity: true, allowRunningInsecureContent: false, webviewTag: false, spellcheck: false, navigateOnDragDrop: false,
    },
  })
  window.once('ready-to-show', () => window.show())
  void window.loadURL(PAGE_ADDRESS)
  return window
}

/** Takes the window's page to one of its routes, e.g. '/new/model'. */
export function goTo(window: BrowserWindow, route: string): void {
  void window.loadURL(`${PAGE_ADDRESS}#${route}`)
}
