import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { BUNDLE_LIMITS } from '../../contract/bundle.ts'
import { tokenProtocol, WIRE_PATH, WIRE_PROTOCOL } from '../../contract/wire.ts'
import type { Service } from '../../service/service.ts'
import { usage } from '../flags.ts'
import { PAGE_HEADERS } from '../page-headers.ts'
import { readPageFile } from '../page-files.ts'
import { carryCalls } from './carry-calls.ts'
import { makeRoom } from './make-room.ts'
import { isLoopbackHost, isOwnOrigin, isSameSecret } from './security.ts'

/** Connections at once: a page needs a handful. */
const MAX_CONNECTIONS = 64
/** Pages at once: windows of one person. */
const MAX_PAGES = 16
/** A connection that says nothing makes room. */
const IDLE_MS = 10_000

/** Longest message a page may send: a bundle of runs and the call around it. All other calls are a few hundred bytes. */
const MAX_MESSAGE_BYTES = BUNDLE_LIMITS.bytes + (1 << 20)

export interface PageServerOptions {
  readonly service: Service
  /** Folder of the built page. */
  readonly page: string
  /** 0 = any free one. */
  readonly port: number
  readonly log: (text: string) => void
}

/** The app as a page on this machine's loopback address. Closed in `finally`. */
export interface PageServer {
  readonly port: number
  /** Where the page opens, launch token included: whoever has this address has the app. */
  readonly address: string
  close(): Promise<void>
}

/**
 * Serves page and calls on 127.0.0.1. The page is no secret; calls need the token of this launch.
 * @throws ExpectedError 'request-invalid' when the port is taken
 */
export async function servePage({ service, page, port, log }: PageServerOptions): Promise<PageServer> {
  const token = randomBytes(24).toString('base64url')
  const server = createServer((request, response) => {
    answer(request, response, page).catch((error: unknown) => {
      log(String(error))
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, handleProtocols: () => WIRE_PROTOCOL })
  makeRoom(server, MAX_CONNECTIONS)
  server.headersTimeout = IDLE_MS
  server.requestTimeout = IDLE_MS
  server.setTimeout(IDLE_MS)
  server.on('upgrade', (request, stream, head) => {
    const refusal = refuseSocket(request, token) ?? (sockets.clients.size >= MAX_PAGES ? '503 Service Unavailable' : null)
    if (refusal !== null) return refuse(stream, refusal)
    sockets.handleUpgrade(request, stream, head, (socket) => carryCalls(socket, service, log))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject('code' in error && error.code === 'EADDRINUSE' ? usage('--port', `${port} is taken`) : error))
    server.listen(port, '127.0.0.1', resolve)
  })
  const bound = (server.address() as AddressInfo).port // a TCP server's address is never a string
  return {
    port: bound,
    address: `http://127.0.0.1:${bound}/#token=${token}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, page: string): Promise<void> {
  const send = (status: number, body: string | Buffer, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, {
      ...PAGE_HEADERS,
      'Content-Type': type,
      'Cache-Control': 'no-cache',
      'Content-Length': Buffer.byteLength(body),
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  if (!isLoopbackHost(request.headers.host)) return send(403, 'This address is only for this machine.')
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'Only GET.')
  const file = await readPageFile(page, request.url ?? '/')
  if (file === null) return send(404, 'Not found.')
  send(200, file.body, file.type)
}

/** Why a socket is refused, as a status line; null when it is welcome. */
function refuseSocket(request: IncomingMessage, token: string): string | null {
  const { host, origin } = request.headers
  if (!isLoopbackHost(host) || !isOwnOrigin(origin, host)) return '403 Forbidden'
  if (request.url !== WIRE_PATH) return '404 Not Found'
  const [protocol, secret, ...more] = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim())
  if (protocol !== WIRE_PROTOCOL || more.length > 0) return '400 Bad Request'
  return isSameSecret(secret ?? '', tokenProtocol(token)) ? null : '401 Unauthorized'
}

function refuse(stream: Duplex, status: string): void {
  stream.on('error', () => stream.destroy()) // the other side may be gone already
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
