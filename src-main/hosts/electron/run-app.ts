import { app, shell, type Session } from 'electron'
import { join } from 'node:path'
import * as z from 'zod'
import { isResourceName } from '../../contract/resource-name.ts'
import type { Service } from '../../service/service.ts'
import type { Workplace } from '../workplace.ts'
import { answerCalls } from './carry-calls.ts'
import type { Host } from './host-abilities.ts'
import { setMenu } from './menu.ts'
import { notify } from './notify.ts'
import { servePageProtocol } from './page-protocol.ts'
import { askBeforeQuit } from './quit.ts'
import { showRunSigns, type RunSigns } from './run-signs.ts'
import { cutOff, limitPermissions } from './security.ts'
import { openShell, type Shell } from './shell.ts'
import { readBattery, watchPower } from './watch-power.ts'
import type { HostWords } from './words.ts'

/** What is known before anything is opened. */
export interface Start {
  /** Folder of package.json. */
  readonly root: string
  /** The data folder. */
  readonly data: string
  /** Where the program lies, as its user sees it. */
  readonly folder: string
  /** The folder asked for, or null. */
  readonly work: string | null
  /** Folders and files this start should open, those that come before there is a window included. */
  readonly paths: string[]
}

interface AppParts {
  readonly start: Start
  readonly workplace: Workplace
  readonly host: Host
  readonly session: Session
  words(): HostWords
  log(text: string): void
}

/** Joins window, menu, signs and service, until the app ends. */
export function runApp(parts: AppParts): void {
  const { start, workplace, host, session, words, log } = parts
  const { service, dependencies } = workplace
  limitPermissions(session)
  cutOff(session)
  servePageProtocol(session, join(start.root, 'out', 'renderer'))
  answerCalls(rememberModels(service), log)
  const signs = showRunSigns({
    service,
    settings: dependencies.settings,
    window: () => shellOf.window(),
    goTo: (route) => shellOf.goTo(route),
    words,
  })
  const shellOf: Shell = openShell({
    root: start.root,
    data: start.data,
    workplace,
    signs,
    words,
    log,
    onOpen: (window) => quitting.guardWindow(window),
  })
  const updates = host.attach(
    {
      window: shellOf.window,
      working: signs.working,
      onNewVersion: (version) => notify(words().updateNews.replace('{version}', version), () => shellOf.goTo('/settings#updates')),
    },
    dependencies.portable,
  )
  const stopPower = watchPower({ read: readBattery, working: signs.working, pause: (runId) => pauseOnBattery(runId, parts, signs), log })
  const quitting = askBeforeQuit({
    service,
    signs,
    window: shellOf.window,
    words,
    toBackground: shellOf.toBackground,
    log,
    close: async () => {
      stopPower()
      updates.stop()
      shellOf.close() // a page that still asks would ask a store that closes
      await workplace.close()
    },
  })
  const showMenu = (): void =>
    setMenu({
      words: words(),
      theme: dependencies.settings.read().theme,
      working: signs.working() !== null,
      platform: process.platform,
      developer: !app.isPackaged,
      send: shellOf.send,
      openLogs: () => void shell.openPath(dependencies.store.folders.logs),
    })
  const changed = (): void => {
    showMenu()
    updates.reconsider()
  }
  signs.onChange(changed)
  dependencies.settings.subscribe(changed)
  showMenu()
  hearStarts(shellOf)
  hearEnds(log)
  shellOf.show()
  for (const path of start.paths) shellOf.send({ name: 'open-path', path })
  updates.start()
}

/** What a second start hands to the first one, having read its own words. */
export const SecondStart = z.object({ path: z.string().nullable() })

/** Second starts, dropped files and clicks on the dock bring the window up, with what they name. */
function hearStarts(shellOf: Shell): void {
  app.on('second-instance', (_event, _words, _folder, handed: unknown) => {
    const start = SecondStart.safeParse(handed)
    if (!start.success || start.data.path === null) shellOf.show()
    else shellOf.send({ name: 'open-path', path: start.data.path })
  })
  app.on('open-file', (event, path) => {
    event.preventDefault()
    shellOf.send({ name: 'open-path', path })
  })
  app.on('activate', () => shellOf.show())
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
}

/** Models the page opens become the system's recent documents; what comes with Whittle is no document. */
function rememberModels(service: Service): Service {
  return {
    ...service,
    async call(name, input) {
      const output = await service.call(name, input)
      const path = name === 'model.open' && typeof output === 'object' && output !== null && 'path' in output ? String(output.path) : null
      if (path !== null && !isResourceName(path)) app.addRecentDocument(path)
      return output
    },
  }
}

function pauseOnBattery(runId: string, { workplace: { service }, words, log }: AppParts, signs: RunSigns): void {
  service.call('run.pause', { runId, when: 'layer' }).then(
    () => signs.explainPause(runId, words().newsBattery),
    (error: unknown) => log(`the run could not be paused: ${String(error)}`),
  )
}

/** Processes of Chromium's own that end: it starts them again, the log says that it had to. */
function hearEnds(log: (text: string) => void): void {
  app.on('child-process-gone', (_event, { type, name, serviceName, reason, exitCode }) => {
    if (type === 'Utility' && serviceName === 'node.mojom.NodeService') return // an engine: its run tells
    if (reason !== 'clean-exit') log(`a process of the window ended: ${type} ${name ?? serviceName ?? ''}: ${reason}, code ${exitCode}`)
  })
}
