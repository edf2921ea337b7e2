/** As much of Electron as the host touches, made of plain emitters that remember what was asked of them. */
import { EventEmitter } from 'node:events'
import { fork, type ChildProcess } from 'node:child_process'
import { vi } from 'vitest'

export class FakeContents extends EventEmitter {
  sent: unknown[][] = []
  openHandler: (details: { url: string }) => { action: string } = () => ({ action: 'allow' })
  send(...message: unknown[]) { this.sent.push(message) }
  isDestroyed() { return false }
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }) { this.openHandler = handler }
}

export class BrowserWindow extends EventEmitter {
  static all: BrowserWindow[] = []
  webContents = new FakeContents()
  options: { webPreferences: Record<string, unknown> }
  loadURL = vi.fn(async () => {})
  show = vi.fn()
  focus = vi.fn()
  restore = vi.fn()
  setProgressBar = vi.fn()
  isFocused = () => false
  isMinimized = () => true
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
    setPermissionRequestHandler: vi.fn(), setPermissionCheckHandler: vi.fn(), setDevicePermissionHandler: vi.fn(),
  },
}
export const protocol = { registerSchemesAsPrivileged: vi.fn() }
export const dialog = { showMessageBox: vi.fn(async () => ({ response: 0 })), showMessageBoxSync: vi.fn(() => 1), showOpenDialog: vi.fn(), showErrorBox: vi.fn() }
export const shell = { openExternal: vi.fn(async () => {}), showItemInFolder: vi.fn(), openPath: vi.fn(async () => '') }
export const Menu = { buildFromTemplate: vi.fn((template: unknown) => template), setApplicationMenu: vi.fn() }
export const powerSaveBlocker = { start: vi.fn(() => 5), stop: vi.fn() }
export class Notification extends EventEmitter {
  static shown: { body: string }[] = []
  static isSupported() { return true }
  options: { body: string }
  constructor(options: { body: string }) { super(); this.options = options }
  show() { Notification.shown.push(this.options) }
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
  constructor(entry: string) {
    super()
    this.child = fork(entry, [], { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'], serialization: 'advanced' })
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
export const utilityProcess = { fork: vi.fn((entry: string) => new FakeUtility(entry)) }
