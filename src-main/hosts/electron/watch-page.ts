import { dialog, type BrowserWindow, type MessageBoxOptions } from 'electron'
import { isOwnPage } from './security.ts'
import { goTo, sendOnceLoaded } from './window.ts'
import type { HostWords } from './words.ts'

/** A page that fails this often within {@link OFTEN_MS} is not loaded again unasked. */
const OFTEN = 3
const OFTEN_MS = 60_000

export interface PageWatch {
  words(): HostWords
  log(text: string): void
  /** The user would rather end the app than load a page again that keeps failing. */
  quit(): void
}

/**
 * Brings a page back whose process ended or that went elsewhere, and asks about one that does not answer. Runs work elsewhere: nothing of
 * them is lost, and the page, told that it came back, says so.
 */
export function watchPage(window: BrowserWindow, { words, log, quit }: PageWatch): void {
  const { webContents } = window
  const failures: number[] = []
  let asking: AbortController | null = null
  const load = (): void => {
    if (window.isDestroyed()) return
    webContents.reload()
    sendOnceLoaded(window, { name: 'page-recovered' })
  }
  const ask = async (options: MessageBoxOptions): Promise<number | null> => {
    asking?.abort()
    const own = (asking = new AbortController())
    const { response } = await dialog.showMessageBox(window, { ...options, noLink: true, signal: own.signal })
    return own.signal.aborted || window.isDestroyed() ? null : response
  }
  webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    asking?.abort()
    if (reason === 'clean-exit' || window.isDestroyed()) return
    log(`the page's process ended: ${reason}, code ${exitCode}`)
    const now = Date.now()
    while (failures.length > 0 && now - (failures[0] ?? now) > OFTEN_MS) failures.shift()
    failures.push(now)
    if (failures.length < OFTEN) return load()
    const { pageFails, pageFailsDetail, pageReload, quit: quitWord } = words()
    void ask({
      type: 'error',
      message: pageFails,
      detail: pageFailsDetail,
      buttons: [pageReload, quitWord],
      defaultId: 0,
      cancelId: 0,
    }).then((answer) => {
      if (answer === 0) load()
      if (answer === 1) quit()
    })
  })
  window.on('unresponsive', () => {
    log('the page does not answer')
    const { pageHangs, pageHangsDetail, pageWait, pageReload } = words()
    void ask({
      type: 'warning',
      message: pageHangs,
      detail: pageHangsDetail,
      buttons: [pageWait, pageReload],
      defaultId: 0,
      cancelId: 0,
    }).then((answer) => {
      // A process that does not answer would not reload either: it is ended, and the page comes back as after any end.
      if (answer === 1) webContents.forcefullyCrashRenderer()
    })
  })
  window.on('responsive', () => asking?.abort())
  // An empty page passes every guard before a navigation, as it asks nobody for anything: it is not stayed on.
  webContents.on('did-navigate', (_event, address) => {
    if (!isOwnPage(address) && !window.isDestroyed()) goTo(window, '/')
  })
  webContents.on('preload-error', (_event, _path, error) => log(`the preload script failed: ${error.message}`))
  webContents.on('did-fail-load', (_event, code, description, address) =>
    log(`the page was not loaded: ${description} (${code}) ${address}`),
  )
}
