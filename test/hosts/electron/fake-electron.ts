/** As much of Electron as the host touches, made of plain emitters that remember what was asked of them. */
import { EventEmitter } from 'node:events'
import { fork, type ChildProcess } from 'node:child_process'
import { vi } from 'vitest'

export class FakeContents extends EventEmitter {
  sent: unknown[][] = []
  openHandler: (details: { url: string }) => { action: string } = () => ({ action: 'allow' })
  send(...message: unknown[]) { this.sent.push(message) }
  isDestroyed() { return false }
  isLoading() { return false }
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }) { this.openHandler = handler }
}

export class BrowserWindow extends EventEmitter {
  static all: BrowserWindow[] = []
  webContents = new FakeContents()
  options: { webPreferences: Record<string, unknown>; width: number; height: number; x?: number; y?: number; minWidth: number; minHeight: number }
  loadURL = vi.fn(async () => {})
  show = vi.fn()
  focus = vi.fn()
  restore = vi.fn()
  hide = vi.fn()
  maximize = vi.fn(() => { this.maximized = true })
  setProgressBar = vi.fn()
  focused = false
  maximized = false
  bounds = { x: 40, y: 50, width: 1100, height: 700 }
  isFocused = () => this.focused
  isMinimized = () => this.minimized
  minimized = false
  isMaximized = () => this.maximized
  isDestroyed = () => false
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
  work = ''
  isFirst = true
  enableSandbox = vi.fn()
  quit = vi.fn()
  exit = vi.fn()
  commandLine = { getSwitchValue: () => this.work }
  isPackaged = false
  paths = new Map<string, string>()
  setBadgeCount = vi.fn()
  addRecentDocument = vi.fn()
  getPreferredSystemLanguages = () => this.languages
  languages = ['en-US']
  setPath(name: string, path: string) { this.paths.set(name, path) }
  getPath(name: string) { return this.paths.get(name) ?? `/${name}` }
  getAppPath() { return this.path }
  getName() { return 'Whittle' }
  requestSingleInstanceLock() { return this.isFirst }
  async whenReady() {}
}
export const app = new FakeApp()

type PageHandler = (request: Request) => Promise<Response>
export const session = {
  defaultSession: {
    pageHandler: null as PageHandler | null,
    protocol: { handle: (_scheme: string, handler: PageHandler) => { session.defaultSession.pageHandler = handler } },
    webRequest: { onBeforeRequest: vi.fn() },
    setPermissionRequestHandler: vi.fn(), setPermissionCheckHandler: vi.fn(), setDevicePermissionHandler: vi.fn(),
  },
}
export const protocol = { registerSchemesAsPrivileged: vi.fn() }
export const dialog = { showMessageBox: vi.fn(async (..._asked: unknown[]) => ({ response: 0 })), showOpenDialog: vi.fn(), showErrorBox: vi.fn() }
export const shell = { openExternal: vi.fn(async () => {}), showItemInFolder: vi.fn(), openPath: vi.fn(async () => '') }
export const Menu = { buildFromTemplate: vi.fn((template: unknown) => template), setApplicationMenu: vi.fn() }
export const powerSaveBlocker = { start: vi.fn(() => 5), stop: vi.fn() }
export class Notification extends EventEmitter {
  static shown: { body: string }[] = []
  static last: Notification | null = null
  static isSupported() { return true }
  options: { body: string }
  constructor(options: { body: string }) { super(); this.options = options }
  show() {
    Notification.shown.push(this.options)
    Notification.last = this
  }
}

export const crashReporter = { start: vi.fn() }
export const nativeTheme = { themeSource: 'system' }
export const powerMonitor = Object.assign(new EventEmitter(), { onBattery: false, isOnBatteryPower: () => powerMonitor.onBattery })
interface FakeDisplay { workArea: { x: number; y: number; width: number; height: number }; workAreaSize: { width: number; height: number } }
export const display = (x: number, y: number, width: number, height: number): FakeDisplay => ({ workArea: { x, y, width, height }, workAreaSize: { width, height } })
export const screen = { all: [display(0, 0, 1920, 1080)], getPrimaryDisplay: () => screen.all[0] as FakeDisplay, getAllDisplays: () => screen.all }
export class Tray extends EventEmitter {
  static all: Tray[] = []
  icon: string
  gone = false
  setToolTip = vi.fn()
  setContextMenu = vi.fn()
  constructor(icon: string) { super(); this.icon = icon; Tray.all.push(this) }
  destroy() { this.gone = true }
}

type CallHandler = (event: { senderFrame: { url: string; parent: object | null } | null }, name: unknown, input: unknown) => Promise<unknown>
export const ipcMain = {
  handlers: new Map<string, CallHandler>(),
  handle: (channel: string, handler: CallHandler) => { ipcMain.handlers.set(channel, handler) },
}

export const ipcRenderer = Object.assign(new EventEmitter(), { invoke: vi.fn(async () => ({ output: 'answered' })) })
export const contextBridge = { exposed: new Map<string, unknown>(), exposeInMainWorld: (name: string, api: unknown) => { contextBridge.exposed.set(name, api) } }
export const webUtils = { getPathForFile: vi.fn(() => '/dropped/folder') }

/** A utility process that is a real child process underneath, so that the engine can be killed for real. */
class FakeUtility extends EventEmitter {
  child: ChildProcess
  constructor(entry: string, env: Record<string, string> | undefined) {
    super()
    this.child = fork(entry, [], { env: env ?? process.env, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'], serialization: 'advanced' })
    this.child.on('spawn', () => this.emit('spawn'))
    this.child.on('message', (message) => this.emit('message', message))
    this.child.on('exit', (code, signal) => setImmediate(() => this.emit('exit', signal === 'SIGKILL' ? 9 : signal === 'SIGTERM' ? 15 : code)))
  }
  get pid() { return this.child.pid }
  get stdout() { return this.child.stdout }
  get stderr() { return this.child.stderr }
  postMessage(message: object) { this.child.send(message) }
  kill() { return this.child.kill('SIGTERM') }
}
export const utilityProcess = { fork: vi.fn((entry: string, _words: string[], { env }: { env?: Record<string, string> } = {}) => new FakeUtility(entry, env)) }
