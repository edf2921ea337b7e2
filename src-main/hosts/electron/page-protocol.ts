import { protocol, type Session } from 'electron'
import { PAGE_HEADERS } from '../page-headers.ts'
import { readPageFile } from '../page-files.ts'

/** Scheme and origin of the window's page. */
export const PAGE_SCHEME = 'app'
export const PAGE_ORIGIN = `${PAGE_SCHEME}://whittle`
export const PAGE_ADDRESS = `${PAGE_ORIGIN}/index.html`

/** Makes app:// a secure origin with a real path. Must be called before the app is ready. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: PAGE_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } }])
}

/** Serves the built page in `folder` as app://whittle/, and nothing else. */
export function servePageProtocol(session: Session, folder: string): void {
  session.protocol.handle(PAGE_SCHEME, async (request) => {
    const url = new URL(request.url)
    const file = url.host === 'whittle' && request.method === 'GET' ? await readPageFile(folder, url.pathname) : null
    if (file === null) return new Response('Not found.', { status: 404, headers: PAGE_HEADERS })
    return new Response(file.body, { headers: { ...PAGE_HEADERS, 'Content-Type': file.type } })
  })
}
