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

let window: BrowserWindow | null = null

registerPageScheme()
app.enableSandbox()
confineContents()
if (app.requestSingleInstanceLock()) void app.whenReady().then(start)
else app.quit()

function start(): void {
  const root = app.getAppPath()
  const workplace = openOrQuit(root)
  if (workplace === null) return
  const { service, dependencies } = workplace
  const log = openLog(dependencies.store.folders.logs)
  denyPermissions(session.defaultSession)
  servePageProtocol(session.defaultSession, join(root, 'out', 'renderer'))
  answerCalls(service, log)
  const signs = showRunSigns(service, () => window)
  setMenu({
    newRun: () => { if (window !== null) goTo(window, '/new/model') },
    history: () => { if (window !== null) goTo(window, '/') },
    cancelRun: () => {
      const runId = signs.working()
      if (runId !== null) service.call('run.cancel', { runId }).catch((error: unknown) => log(String(error)))
    },
    logFolder: dependencies.store.folders.logs,
  })
  const show = (): void => {
    if (window === null) {
      window = openWindow(join(root, 'out', 'preload', 'preload.cjs'))
      window.on('closed', () => { window = null })
      carryEvents(service, window.webContents)
    }
    if (window.isMinimized()) window.restore()
    window.focus()
  }
  app.on('second-instance', show)
  app.on('activate', show)
  app.on('window-all-closed', () => { if (process.platform !== 'darwin') app.quit() })
  closeOnQuit(workplace, signs)
  show()
}

function openOrQuit(root: string): Workplace | null {
  const work = app.commandLine.getSwitchValue('work')
  try {
    return openWorkplace({
      host: { kind: 'electron', missing: [], pickFolder, reveal: async (path) => shell.showItemInFolder(path) },
      spawn: () => forkUtility(join(root, 'out', 'main', 'engine.js')), root, work: work === '' ? null : work,
    })
  } catch (error) {
    dialog.showErrorBox('Whittle cannot start', errorText(toErrorShape(error)))
    app.exit(1)
    return null
  }
}

async function pickFolder(): Promise<string | null> {
  const options = { title: 'Choose a model folder', properties: ['openDirectory' as const] }
  const { canceled, filePaths } = await (window === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(window, options))
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
