/**
 * As much of Electron as the host touches, made of plain emitters that remember what was asked of them and hold nothing that Electron does
 * not hold.
 */
import { EventEmitter } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { vi } from 'vitest'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** What nothing but the app itself holds is gone: Electron keeps neither notifications nor trays alive. */
class Unheld<T extends object> {
  #refs: WeakRef<T>[] = []
  add(one: T): void {
    this.#refs.push(new WeakRef(one))
  }
  clear(): void {
    this.#refs = []
  }
  /** The one made last, if it is still there. */
  async last(): Promise<T | undefined> {
    await new Promise((resolve) => setTimeout(resolve)) // a WeakRef made or read in this turn keeps its target
    collectGarbage()
    return this.#refs.at(-1)?.deref()
  }
}

export class FakeContents extends EventEmitter {
  sent: unknown[][] = []
  openHandler: (details: { url: string }) => { action: string } = () => ({ action: 'allow' })
  send(...message: unknown[]) {
    this.sent.push(message)
  }
  isDestroyed() {
    return false
  }
  /** As Electron's: still true while 'did-finish-load' is told. */
  loading = false
  isLoading() {
    return this.loading
  }
  reload = vi.fn()
  forcefullyCrashRenderer = vi.fn()
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }) {
    this.openHandler = handler
  }
}

export class BrowserWindow extends EventEmitter {
  static all: BrowserWindow[] = []
  webContents = new FakeContents()
  options: {
    webPreferences: Record<string, unknown>
    width: number
    height: number
    x?: number
    y?: number
    minWidth: number
    minHeight: number
  }
  loadURL = vi.fn(async () => {})
  show = vi.fn()
  focus = vi.fn()
  restore = vi.fn()
  hide = vi.fn()
  maximize = vi.fn(() => {
    this.maximized = true
  })
  setProgressBar = vi.fn()
  focused = false
  maximized = false
  bounds = { x: 40, y: 50, width: 1100, height: 700 }
  isFocused = () => this.focused
  isMinimized = () => this.minimized
  minimized = false
  isMaximized = () => this.maximized
  destroyed = false
  isDestroyed = () => this.destroyed
  destroy = vi.fn(() => {
    this.destroyed = true
    this.emit('closed')
  })
  getNormalBounds = () => this.bounds
  constructor(options: BrowserWindow['options']) {
    super()
    this.options = options
    BrowserWindow.all.push(this)
    app.emit('web-contents-created', {}, this.webContents)
  }
}

class FakeApp extends EventEmitter {
  path = ''
  isFirst = true
  switches = new Set<string>()
  enableSandbox = vi.fn()
  quit = vi.fn()
  exit = vi.fn()
  commandLine = { hasSwitch: (name: string) => this.switches.has(name) }
  setAppUserModelId = vi.fn()
  isPackaged = false
  paths = new Map<string, string>()
  setBadgeCount = vi.fn()
  addRecentDocument = vi.fn()
  getPreferredSystemLanguages = () => this.languages
  languages = ['en-US']
  setPath(name: string, path: string) {
    this.paths.set(name, path)
  }
  getPath(name: string) {
    return this.paths.get(name) ?? `/${name}`
  }
  getAppPath() {
    return this.path
  }
  getName() {
    return 'Whittle'
  }
  /**
   * As Electron does it: the first instance hears of a second one with Chromium's switches among its words, and with what it handed over.
   */
  requestSingleInstanceLock(handed?: object) {
    const [program = '', ...words] = process.argv
    if (!this.isFirst) {
      const switches = [...words.filter((word) => word.startsWith('-')), '--allow-file-access-from-files', '--secure-schemes=app']
      this.emit(
        'second-instance',
        {},
        [program, ...switches, ...words.filter((word) => !word.startsWith('-'))],
        process.cwd(),
        structuredClone(handed),
      )
    }
    return this.isFirst
  }
  async whenReady() {}
}
export const app = new FakeApp()

type PageHandler = (request: Request) => Promise<Response>
export const session = {
  defaultSession: {
    pageHandler: null as PageHandler | null,
    protocol: {
      handle: (_scheme: string, handler: PageHandler) => {
        session.defaultSession.pageHandler = handler
      },
    },
    webRequest: { onBeforeRequest: vi.fn() },
    setPermissionRequestHandler: vi.fn(),
    setPermissionCheckHandler: vi.fn(),
    setDevicePermissionHandler: vi.fn(),
  },
}
export const protocol = { registerSchemesAsPrivileged: vi.fn() }
export const dialog = {
  showMessageBox: vi.fn(async (..._asked: unknown[]) => ({ response: 0 })),
  showOpenDialog: vi.fn(),
  showErrorBox: vi.fn(),
}
export const shell = { openExternal: vi.fn(async () => {}), showItemInFolder: vi.fn(), openPath: vi.fn(async () => '') }
export const Menu = { buildFromTemplate: vi.fn((template: unknown) => template), setApplicationMenu: vi.fn() }
export const powerSaveBlocker = { start: vi.fn(() => 5), stop: vi.fn() }
export class Notification extends EventEmitter {
  static shown: { body: string }[] = []
  static readonly unheld = new Unheld<Notification>()
  static isSupported() {
    return true
  }
  options: { body: string }
  constructor(options: { body: string }) {
    super()
    this.options = options
  }
  show() {
    Notification.shown.push(this.options)
    Notification.unheld.add(this)
  }
  /** Somebody clicks on the last one, some time later. @returns whether it was still there */
  static async click(): Promise<boolean> {
    return (await Notification.unheld.last())?.emit('click') ?? false
  }
}

export const crashReporter = { start: vi.fn() }
export const nativeTheme = { themeSource: 'system' }
export const powerMonitor = Object.assign(new EventEmitter(), { onBattery: false, isOnBatteryPower: () => powerMonitor.onBattery })
interface FakeDisplay {
  workArea: { x: number; y: number; width: number; height: number }
  workAreaSize: { width: number; height: number }
}
export const display = (x: number, y: number, width: number, height: number): FakeDisplay => ({
  workArea: { x, y, width, height },
  workAreaSize: { width, height },
})
export const screen = {
  all: [display(0, 0, 1920, 1080)],
  getPrimaryDisplay: () => screen.all[0] as FakeDisplay,
  getAllDisplays: () => screen.all,
}
export class Tray extends EventEmitter {
  static readonly unheld = new Unheld<Tray>()
  icon: string
  gone = false
  setToolTip = vi.fn()
  setContextMenu = vi.fn()
  constructor(icon: string) {
    super()
    this.icon = icon
    Tray.unheld.add(this)
  }
  destroy() {
    this.gone = true
  }
}

type CallHandler = (
  event: { senderFrame: { url: string; parent: object | null } | null },
  name: unknown,
  input: unknown,
) => Promise<unknown>
export const ipcMain = {
  handlers: new Map<string, CallHandler>(),
  handle: (channel: string, handler: CallHandler) => {
    ipcMain.handlers.set(channel, handler)
  },
}

export const ipcRenderer = Object.assign(new EventEmitter(), { invoke: vi.fn(async () => ({ output: 'answered' })) })
export const contextBridge = {
  exposed: new Map<string, unknown>(),
  exposeInMainWorld: (name: string, api: unknown) => {
    contextBridge.exposed.set(name, api)
  },
}
export const webUtils = { getPathForFile: vi.fn(() => '/dropped/folder') }

export { utilityProcess } from './fake-utility.ts'
