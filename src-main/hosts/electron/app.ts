import { app, dialog, session, shell, type BrowserWindow } from 'electron'
import { join } from 'node:path'
import { toErrorShape } from '../../contract/errors.ts'
import { errorText } from '../cli/words.ts'
import { openLog } from '../log-file.ts'
import { openWorkplace, type Workplace } from '../workplace.ts'
import { answerCalls, carryEvents } from './carry-calls.ts'
import { forkUtility } from './engine-utility.ts'
import { setMenu } from './menu.ts'
import { registerPageScheme, servePageProtocol } from './page-protocol.ts'
import { showRunSigns, type RunSigns } from './run-signs.ts'
import { confineContents, denyPermissions } from './security.ts'
import { goTo, openWindow } from './window.ts'

/** The app's one window, while it is open. */
interface OpenWindow { current: BrowserWindow | null }

/** Starts the app; a second start only brings the first one's window up. */
export function startApp(): void {
  registerPageScheme()
  app.enableSandbox()
  confineContents()
  if (app.requestSingleInstanceLock()) void app.whenReady().then(open)
  else app.quit()
}

function open(): void {
  const root = app.getAppPath()
  const window: OpenWindow = { current: null }
  const workplace = openOrQuit(root, window)
  if (workplace === null) return
  const { service, dependencies } = workplace
  const { logs } = dependencies.store.folders
  const log = openLog(logs)
  denyPermissions(session.defaultSession)
  servePageProtocol(session.defaultSession, join(root, 'out', 'renderer'))
  answerCalls(service, log)
  const signs = showRunSigns(service, () => window.current)
  setMenu({
    newRun: () => { if (window.current !== null) goTo(window.current, '/new/model') },
    history: () => { if (window.current !== null) goTo(window.current, '/') },
    cancelRun: () => {
      const runId = signs.working()
      if (runId !== null) service.call('run.cancel', { runId }).catch((error: unknown) => log(String(error)))
    },
    logFolder: logs,
  })
  const show = (): void => showWindow(window, root, workplace)
  app.on('second-instance', show)
  app.on('activate', show)
  app.on('window-all-closed', () => { if (process.platform !== 'darwin') app.quit() })
  closeOnQuit(workplace, signs)
  show()
}

function showWindow(window: OpenWindow, root: string, { service }: Workplace): void {
  if (window.current === null) {
    window.current = openWindow(join(root, 'out', 'preload', 'preload.cjs'))
    window.current.on('closed', () => { window.current = null })
    carryEvents(service, window.current.webContents)
  }
  if (window.current.isMinimized()) window.current.restore()
  window.current.focus()
}

function openOrQuit(root: string, window: OpenWindow): Workplace | null {
  const work = app.commandLine.getSwitchValue('work')
  try {
    return openWorkplace({
      host: { kind: 'electron', missing: [], pickFolder: () => pickFolder(window), reveal: async (path) => shell.showItemInFolder(path) },
      spawn: () => forkUtility(join(root, 'out', 'main', 'engine.js')), root, work: work === '' ? null : work,
    })
  } catch (error) {
    dialog.showErrorBox('Whittle cannot start', errorText(toErrorShape(error)))
    app.exit(1)
    return null
  }
}

async function pickFolder({ current }: OpenWindow): Promise<string | null> {
  const options = { title: 'Choose a model folder', properties: ['openDirectory' as const] }
  const { canceled, filePaths } = await (current === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(current, options))
  return canceled ? null : filePaths[0] ?? null
}

/** Quitting during a run asks first; then the run is stopped (it can go on later) and the store closed, before the app ends. */
function closeOnQuit(workplace: Workplace, signs: RunSigns): void {
  let closed = false
  app.on('before-quit', (event) => {
    if (closed) return
    event.preventDefault()
    if (signs.working() !== null && !confirmQuit()) return
    signs.stop()
    void workplace.close().finally(() => {
      closed = true
      app.quit()
    })
  })
}

function confirmQuit(): boolean {
  const answer = dialog.showMessageBoxSync({
    type: 'question', message: 'A run is at work. Stop it and quit?', detail: 'Finished layers are kept: the run can go on later.',
    buttons: ['Stop and quit', 'Go on'], defaultId: 1, cancelId: 1,
  })
  return answer === 0
}
