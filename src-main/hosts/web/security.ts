import { createHash, timingSafeEqual } from 'node:crypto'

/** Names this machine has for itself. A page of another site reaches us under its own name (DNS rebinding), never under these. */
const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Whether a request's Host header names this machine. Any port: it may have been forwarded, e.g. by ssh. */
export function isLoopbackHost(host: string | undefined): host is string {
  if (host === undefined || !/^[\w.:[\]-]+$/.test(host)) return false
  return LOOPBACK_NAMES.has(host.replace(/:\d+$/, '').toLowerCase())
}

/** Whether the page that opens a socket came from this very server: its origin is the host it asks. */
export function isOwnOrigin(origin: string | undefined, host: string): boolean {
  return origin === `http://${host}`
}

/** Whether two secrets are equal, in time that does not tell where they differ or how long they are. */
export function isSameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
