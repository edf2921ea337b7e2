import { app, dialog, powerMonitor, type BrowserWindow, type Event, type MessageBoxOptions } from 'electron'
import type { Service } from '../../service/service.ts'
import type { RunSigns } from './run-signs.ts'
import type { HostWords } from './words.ts'

/** Time runs get to write down where they are. */
const PAUSE_MS = 6000

/** Time the store and everything else get to close. */
const CLOSE_MS = 10_000

export interface QuitParts {
  readonly service: Service
  readonly signs: RunSigns
  window(): BrowserWindow | null
  words(): HostWords
  /** The window goes, the run works on; a sign in the tray leads back. */
  toBackground(): void
  /** Closes windows, the store and everything else, before the app ends. */
  close(): Promise<void>
  log(text: string): void
}

/** Asks before a quit or a closed window would stop a run: work on in the background, pause and quit, or neither. */
export interface Quitting {
  /** Whether closing this window is put off until the user has answered. */
  guardWindow(window: BrowserWindow): void
}

export function askBeforeQuit(parts: QuitParts): Quitting {
  const { signs, log } = parts
  let state = 'open' as 'open' | 'asking' | 'closing' | 'closed'
  // The app ends all the same, whatever fails or hangs: what is on disk is whole at any moment.
  const end = async (): Promise<void> => {
    state = 'closing'
    try {
      await pauseWork(parts)
      signs.stop()
      if (!(await within(CLOSE_MS, parts.close())))
        log(`closing took longer than ${CLOSE_MS / 1000} s: the app ends without waiting for it`)
    } catch (error) {
      log(String(error))
    }
    state = 'closed'
    app.quit()
  }
  const ask = async (): Promise<void> => {
    state = 'asking'
    const answer = await askUser(parts.window(), parts.words()).catch((error: unknown) => {
      log(`the question could not be asked: ${String(error)}`)
      return 'stay' as const
    })
    if (state !== 'asking') return // the system shuts down meanwhile
    state = 'open'
    if (answer === 'background') parts.toBackground()
    if (answer === 'quit') await end()
  }
  const hold = (event: Event): void => {
    event.preventDefault()
    if (state === 'open') void (signs.working() === null ? end() : ask())
  }
  app.on('before-quit', (event) => {
    if (state !== 'closed') hold(event)
  })
  // The system shuts down: nobody is there to be asked, and a question would only hold it up.
  powerMonitor.on('shutdown', () => {
    if (state === 'open' || state === 'asking') void end()
  })
  return {
    guardWindow(window) {
      // On macOS an app outlives its windows anyway.
      if (process.platform === 'darwin') return
      window.on('close', (event) => {
        if (signs.working() !== null && (state === 'open' || state === 'asking')) hold(event)
      })
    },
  }
}

async function askUser(window: BrowserWindow | null, words: HostWords): Promise<'background' | 'quit' | 'stay'> {
  const options: MessageBoxOptions = {
    type: 'question',
    message: words.quitAsk,
    detail: words.quitDetail,
    buttons: [words.keepWorking, words.pauseAndQuit, words.goOn],
    defaultId: 0,
    cancelId: 2,
    noLink: true,
  }
  const { response } = await (window === null ? dialog.showMessageBox(options) : dialog.showMessageBox(window, options))
  return (['background', 'quit', 'stay'] as const)[response] ?? 'stay'
}

/**
 * Pauses the runs at work and waits until they rest, a little while at most: what does not rest by then is interrupted, and can go on later
 * too.
 */
async function pauseWork({ service, signs, log }: QuitParts): Promise<void> {
  const atWork = new Set(signs.allWorking())
  if (atWork.size === 0) return
  const { promise: rested, resolve } = Promise.withResolvers<undefined>()
  const stop = service.subscribe((event) => {
    if (event.kind !== 'state' || event.state === 'running' || event.state === 'preparing') return
    if (atWork.delete(event.runId) && atWork.size === 0) resolve(undefined)
  })
  const pauses = [...atWork].map((runId) => service.call('run.pause', { runId, when: 'now' }))
  const failed = (error: unknown): void => {
    log(`a run could not be paused: ${String(error)}`)
    resolve(undefined)
  }
  for (const pause of pauses) pause.catch(failed)
  if (!(await within(PAUSE_MS, rested))) log(`the run did not rest within ${PAUSE_MS / 1000} s`)
  stop()
}

/** Waits for something, so long at most. @returns whether it came in time */
async function within(ms: number, awaited: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([awaited.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
