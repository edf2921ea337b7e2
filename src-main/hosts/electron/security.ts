import { app, dialog, shell, type IpcMainInvokeEvent, type Session, type WebContents } from 'electron'
import { PAGE_ORIGIN } from './page-protocol.ts'
import type { HostWords } from './words.ts'

/** Sites that a link of the page may open, in the user's own browser, after asking. */
const KNOWN_SITES: ReadonlySet<string> = new Set(['huggingface.co', 'github.com', 'arxiv.org', 'lmstudio.ai', 'ollama.com'])

/** Whatever a page could reach the world by. */
const OUTSIDE = { urls: ['http://*/*', 'https://*/*', 'ws://*/*', 'wss://*/*', 'ftp://*/*', 'file://*/*'] }

/** Whether a link may be offered to the system at all: https, a known site, nothing hidden in it. */
export function mayOpenOutside(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname, username, password, port } = new URL(address)
  return protocol === 'https:' && port === '' && username === '' && password === '' && KNOWN_SITES.has(hostname)
}

/** Whether an address is our own page. */
export function isOwnPage(address: string): boolean {
  return URL.canParse(address) && address.startsWith(`${PAGE_ORIGIN}/`)
}

/** Whether a message comes from our own page in its own top frame. */
export function isOwnSender(event: Pick<IpcMainInvokeEvent, 'senderFrame'>): boolean {
  const frame = event.senderFrame
  return frame !== null && frame.parent === null && isOwnPage(frame.url)
}

/** The one thing the page asks of the system: to copy text that its user chose to copy. */
const COPY = 'clipboard-sanitized-write'

/**
 * Our own page may copy text; nothing else is granted to it or to anybody: no camera, no position, no reading of the clipboard, no device.
 */
export function limitPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, answer, { isMainFrame, requestingUrl }) => {
    answer(permission === COPY && isMainFrame && isOwnPage(requestingUrl))
  })
  session.setPermissionCheckHandler((_contents, permission, _origin, { isMainFrame, requestingUrl }) => {
    return permission === COPY && isMainFrame && requestingUrl !== undefined && isOwnPage(requestingUrl)
  })
  session.setDevicePermissionHandler(() => false)
}

/** The page reaches nothing but its own files, even where its content policy were to fail. */
export function cutOff(session: Session): void {
  session.webRequest.onBeforeRequest(OUTSIDE, (_details, answer) => answer({ cancel: true }))
}

/** Whatever is created in this app stays on its own page: no navigation, no windows, no webviews. */
export function confineContents(words: () => HostWords): void {
  app.on('web-contents-created', (_event, contents) => confine(contents, words))
}

function confine(contents: WebContents, words: () => HostWords): void {
  contents.on('will-navigate', (event) => {
    if (!isOwnPage(event.url)) event.preventDefault()
  })
  contents.on('will-frame-navigate', (event) => {
    if (!event.isMainFrame || !isOwnPage(event.url)) event.preventDefault()
  })
  contents.on('will-redirect', (event) => {
    if (!isOwnPage(event.url)) event.preventDefault()
  })
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    if (mayOpenOutside(url)) void openOutside(url, words())
    return { action: 'deny' }
  })
}

/** Asks, then opens a known site in the user's browser. */
async function openOutside(address: string, words: HostWords): Promise<void> {
  const { response } = await dialog.showMessageBox({
    type: 'question',
    message: words.openOutside,
    detail: address,
    buttons: [words.open, words.dontOpen],
    defaultId: 0,
    cancelId: 1,
  })
  if (response === 0) await shell.openExternal(address)
}
