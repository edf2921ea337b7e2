import { app, dialog, type BrowserWindow, type Event, type MessageBoxOptions } from 'electron'
import type { Service } from '../../service/service.ts'
import type { RunSigns } from './run-signs.ts'
import type { HostWords } from './words.ts'

/** Time a run gets to write down where it is. */
const PAUSE_MS = 6000

export interface QuitParts {
  readonly service: Service
  readonly signs: RunSigns
  window(): BrowserWindow | null
  words(): HostWords
  /** The window goes, the run works on; a sign in the tray leads back. */
  toBackground(): void
  /** Closes the store and everything else, before the app ends. */
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
  let state: 'open' | 'asking' | 'closing' | 'closed' = 'open'
  const end = async (): Promise<void> => {
    state = 'closing'
    try {
      await pauseWork(parts)
      signs.stop()
      await parts.close()
    } catch (error) {
      log(String(error)) // the app ends all the same: what is on disk is whole at any moment
    }
    state = 'closed'
    app.quit()
  }
  const ask = async (): Promise<void> => {
    state = 'asking'
    const answer = await askUser(parts.window(), parts.words())
    state = 'open'
    if (answer === 'background') parts.toBackground()
    if (answer === 'quit') await end()
  }
  const hold = (event: Event): void => {
    event.preventDefault()
    if (state === 'open') void (signs.working() === null ? end() : ask())
  }
  app.on('before-quit', (event) => { if (state !== 'closed') hold(event) })
  return {
    guardWindow(window) {
      // On macOS an app outlives its windows anyway.
      if (process.platform === 'darwin') return
      window.on('close', (event) => { if (signs.working() !== null && (state === 'open' || state === 'asking')) hold(event) })
    },
  }
}

async function askUser(window: BrowserWindow | null, words: HostWords): Promise<'background' | 'quit' | 'stay'> {
  const options: MessageBoxOptions = {
    type: 'question', message: words.quitAsk, detail: words.quitDetail, buttons: [words.keepWorking, words.pauseAndQuit, words.goOn], defaultId: 0, cancelId: 2, noLink: true,
  }
  const { response } = await (window === null ? dialog.showMessageBox(options) : dialog.showMessageBox(window, options))
  return (['background', 'quit', 'stay'] as const)[response] ?? 'stay'
}

/** Pauses the run at work and waits until it rests, a little while at most: what does not rest by then is interrupted, and can go on later too. */
async function pauseWork({ service, signs, log }: QuitParts): Promise<void> {
  const runId = signs.working()
  if (runId === null) return
  let stop: () => void = () => {}
  let timer: NodeJS.Timeout | undefined
  const rested = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PAUSE_MS)
    stop = service.subscribe((event) => { if (event.kind === 'state' && event.runId === runId && event.state !== 'running' && event.state !== 'preparing') resolve() })
  })
  await service.call('run.pause', { runId, when: 'now' }).then(() => rested, (error: unknown) => log(`the run could not be paused: ${String(error)}`))
  clearTimeout(timer)
  stop()
}
