import { app, session } from 'electron'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type * as z from 'zod'
import { hearUnheard } from '../last-resort.ts'
import { openLog } from '../log-file.ts'
import type { Workplace } from '../workplace.ts'
import { programFolder, useDataFolder } from './data-folder.ts'
import { forkUtility } from './engine-utility.ts'
import { registerPageScheme } from './page-protocol.ts'
import { createHostAbilities, type HostParts } from './host-abilities.ts'
import { openAsking } from './open-asking.ts'
import { runApp, type SecondStart, type Start } from './run-app.ts'
import { confineContents } from './security.ts'
import { readStartWords } from './start-words.ts'
import { updateObstacle } from './updates.ts'
import { wordsFor } from './words.ts'

/** As in electron-builder.yml: Windows groups windows and shows notifications under it. */
const APP_ID = 'io.whittle.app'

/** Exit code of a start that was none, as EX_USAGE of sysexits.h. */
const FORKED = 64

/** Starts the app; a second start hands its path to the first one, whose window comes up. */
export function startApp(): void {
  // A process that forks itself as Node does would get a second Whittle: it has a channel to its parent, which no user's start has.
  if (app.isPackaged && process.send !== undefined) return app.exit(FORKED)
  const root = app.getAppPath()
  const { platform, env: environment, argv } = process
  const { work, path } = readStartWords(argv, app.isPackaged, process.cwd())
  const folder = programFolder({ platform, environment, executable: app.getPath('exe'), isPackaged: app.isPackaged, root })
  const start: Start = { root, data: useDataFolder(work, folder), folder, work, paths: path === null ? [] : [path] }
  app.setAppUserModelId(APP_ID)
  registerPageScheme()
  // As root on Linux Chromium's sandbox cannot start: who asks for none there must not be asked for one by us. Both at once end in a loop.
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
  // macOS names a dropped or opened file before the app is ready.
  const keepPath = (event: { preventDefault(): void }, path: string): void => {
    event.preventDefault()
    start.paths.push(path)
  }
  app.on('open-file', keepPath)
  if (!app.requestSingleInstanceLock({ path } satisfies z.infer<typeof SecondStart>)) return app.quit()
  void app.whenReady().then(() => {
    app.off('open-file', keepPath)
    void open(start)
  })
}

async function open(start: Start): Promise<void> {
  const languages = app.getPreferredSystemLanguages()
  const feed = app.isPackaged && existsSync(join(process.resourcesPath, 'app-update.yml'))
  const log = openLog(join(start.data, 'logs'))
  // In place of Electron's own box, which shows people a stack; runs work elsewhere and go on.
  hearUnheard(log, () => {})
  let workplace: Workplace | null = null
  const parts: HostParts = {
    words: () => wordsFor(workplace?.dependencies.settings.read().language ?? null, languages),
    mode: () => workplace?.dependencies.settings.read().updates ?? 'off',
    obstacle: (portable) =>
      updateObstacle({ platform: process.platform, environment: process.env, isPackaged: app.isPackaged, portable, feed }),
    log,
  }
  confineContents(parts.words)
  const host = createHostAbilities(parts)
  const { root, work, folder } = start
  workplace = await openAsking({ host: host.abilities, spawn: () => forkUtility(root), root, work, programFolder: folder }, parts.words())
  if (workplace === null) return app.exit(1)
  runApp({ start, workplace, host, words: parts.words, log, session: session.defaultSession })
}
