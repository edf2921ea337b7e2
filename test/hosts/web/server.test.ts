import { mkdirSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { BUNDLE_LIMITS } from '../../../src-main/contract/bundle.ts'
import { tokenProtocol, WIRE_PROTOCOL, WireMessage } from '../../../src-main/contract/wire.ts'
import { openerFor } from '../../../src-main/hosts/web/open-browser.ts'
import { servePage } from '../../../src-main/hosts/web/server.ts'
import { exampleWorkplace } from '../../service/example-service.ts'
import { recipe, temporaryFolder } from '../../store/example.ts'

async function serve() {
  const page = temporaryFolder()
  mkdirSync(join(page, 'assets'))
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>Whittle</title>')
  const logged: string[] = []
  const { service } = exampleWorkplace()
  const server = await servePage({ service, page, port: 0, log: (text) => logged.push(text) })
  onTestFinished(() => server.close())
  const token = new URL(server.address).hash.slice('#token='.length)
  return { server, service, token, logged, base: `http://127.0.0.1:${server.port}` }
}

/** A raw request, because fetch does not let a Host header be forged. */
function request(base: string, path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>((resolve, reject) => {
    const sent = get(base + path, { headers, method }, (response) => {
      let body = ''
      response
        .on('data', (chunk) => {
          body += String(chunk)
        })
        .on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    sent.on('error', reject)
  })
}

interface SocketOptions {
  protocols?: string[]
  origin?: string
  host?: string
  path?: string
}

/** Opens a socket; resolves with it, or with the status it was refused with. */
function connect(base: string, { protocols = [], origin = base, host, path = '/wire' }: SocketOptions): Promise<WebSocket | number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(base.replace('http', 'ws') + path, protocols, {
      origin,
      ...(host === undefined ? {} : { headers: { host } }),
    })
    onTestFinished(() => socket.terminate())
    socket.on('open', () => resolve(socket))
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    socket.on('error', () => {})
  })
}

/** Messages as they come. */
function messages(socket: WebSocket): { next(matches: (message: WireMessage) => boolean): Promise<WireMessage> } {
  const seen: WireMessage[] = []
  const waiting = new Set<() => void>()
  socket.on('message', (data) => {
    seen.push(WireMessage.parse(JSON.parse(String(data))))
    for (const wake of waiting) wake()
  })
  return {
    next: (matches) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = seen.find(matches)
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
  }
}

test('the page is served with its security headers, on loopback only', async () => {
  const { base } = await serve()
  const { status, headers, body } = await request(base, '/')
  expect(status).toBe(200)
  expect(body).toContain('Whittle')
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' })
  expect(headers['content-security-policy']).toContain(`default-src 'none'; script-src 'self'`)
  expect(headers['content-security-policy']).not.toMatch(/unsafe|\*/)
  expect((await request(base, '/', {}, 'POST')).status).toBe(405)
  expect((await request(base, '/..%2f..%2fetc/passwd')).status).toBe(404)
})

test.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'localhost.evil.example', '127.0.0.1@evil.example'])(
  'a page reached as %s gets nothing',
  async (host) => {
    const { base } = await serve()
    expect((await request(base, '/', { host })).status).toBe(403)
  },
)

test('a forwarded port is still this machine', async () => {
  const { base, token } = await serve()
  expect((await request(base, '/', { host: 'localhost:9999' })).status).toBe(200)
  const socket = await connect(base, {
    protocols: [WIRE_PROTOCOL, tokenProtocol(token)],
    host: 'localhost:9999',
    origin: 'http://localhost:9999',
  })
  expect(socket).toBeInstanceOf(WebSocket)
})

test('the token is needed, the right one, in the right place', async () => {
  const { base, token } = await serve()
  expect(token).toMatch(/^[\w-]{32}$/)
  const good = [WIRE_PROTOCOL, tokenProtocol(token)]
  expect(await connect(base, { protocols: [WIRE_PROTOCOL] })).toBe(401)
  expect(await connect(base, { protocols: [WIRE_PROTOCOL, tokenProtocol('x'.repeat(32))] })).toBe(401)
  expect(await connect(base, { protocols: [WIRE_PROTOCOL, tokenProtocol(token.slice(0, -1))] })).toBe(401)
  expect(await connect(base, { protocols: [] })).toBe(400)
  expect(await connect(base, { protocols: [...good, 'more'] })).toBe(400)
  expect(await connect(base, { protocols: good, path: '/other' })).toBe(404)
  expect(await connect(base, { protocols: good, origin: 'http://evil.example' })).toBe(403)
  expect(await connect(base, { protocols: good, origin: base.replace('127.0.0.1', 'localhost') })).toBe(403)
  expect(await connect(base, { protocols: good, host: 'evil.example', origin: 'http://evil.example' })).toBe(403)
  expect(await connect(base, { protocols: good })).toBeInstanceOf(WebSocket)
})

test('calls and events go over the socket; every open page hears the events', async () => {
  const { base, token } = await serve()
  const good = [WIRE_PROTOCOL, tokenProtocol(token)]
  const [one, two] = (await Promise.all([connect(base, { protocols: good }), connect(base, { protocols: good })])) as [WebSocket, WebSocket]
  expect(one.protocol).toBe(WIRE_PROTOCOL)
  const [first, second] = [messages(one), messages(two)]
  one.send(JSON.stringify({ id: 7, name: 'app.info', input: {} }))
  expect(await first.next((message) => 'id' in message && message.id === 7)).toMatchObject({ result: { output: { host: 'web' } } })
  one.send(JSON.stringify({ id: 8, name: 'run.prepare', input: recipe() }))
  expect(
    await second.next((message) => 'event' in message && message.event.kind === 'state' && message.event.state === 'planned'),
  ).toBeTruthy()
  one.send(JSON.stringify({ id: 9, name: 'run.get', input: { runId: 'nope' } }))
  expect(await first.next((message) => 'id' in message && message.id === 9)).toMatchObject({
    result: { error: { code: 'run-not-found', details: { runId: 'nope' } } },
  })
})

test.each([
  'not json',
  '{}',
  '['.repeat(1_000_000),
  `{"id":1,"name":"app.info","input":${'['.repeat(100)}${']'.repeat(100)}}`,
  JSON.stringify({ id: 1, name: 'toString', input: {} }),
  JSON.stringify({ id: 1, name: 'app.destroy', input: {} }),
  JSON.stringify({ id: -1, name: 'app.info', input: {} }),
  Buffer.from([1, 2, 3]),
])('%j is no call: the socket is closed', async (message) => {
  const { base, token } = await serve()
  const socket = (await connect(base, { protocols: [WIRE_PROTOCOL, tokenProtocol(token)] })) as WebSocket
  socket.send(message)
  expect(await new Promise((resolve) => socket.on('close', resolve))).toBe(1002)
})

test('an oversized message closes the socket, not the server', async () => {
  const { base, token, logged } = await serve()
  const socket = (await connect(base, { protocols: [WIRE_PROTOCOL, tokenProtocol(token)] })) as WebSocket
  socket.send(Buffer.alloc(BUNDLE_LIMITS.bytes + (2 << 20), 'x'), { binary: false })
  expect(await new Promise((resolve) => socket.on('close', resolve))).toBe(1009)
  expect(logged.join()).toContain('Max payload size exceeded')
  expect((await request(base, '/')).status).toBe(200)
})

test('a port that is taken is said to be', async () => {
  const { server, service } = await serve()
  await expect(servePage({ service, page: temporaryFolder(), port: server.port, log: () => {} })).rejects.toMatchObject({
    code: 'request-invalid',
  })
})

test('every launch has a token of its own', async () => {
  const [a, b] = [await serve(), await serve()]
  expect(a.token).not.toBe(b.token)
})

test('each platform has its opener, without a shell in between', () => {
  expect(openerFor('linux', 'http://x')).toEqual(['xdg-open', 'http://x'])
  expect(openerFor('darwin', 'http://x')).toEqual(['open', 'http://x'])
  expect(openerFor('win32', 'http://x')).toEqual(['rundll32', 'url.dll,FileProtocolHandler', 'http://x'])
})

test.each([
  ['say nothing', ''],
  ['begin a request and leave it', 'GET / HTTP/1.1\r\nHost: 127'],
])(
  'connections without end that %s get a few descriptors, and keep nobody out: neither an open page nor one that comes',
  async (_, words) => {
    const { server, base, token } = await serve()
    const page = await connect(base, { protocols: [WIRE_PROTOCOL, tokenProtocol(token)] })
    const held = await Promise.all(
      Array.from(
        { length: 200 },
        () =>
          new Promise<Socket>((resolve) => {
            const socket = createConnection(server.port, '127.0.0.1', () => resolve(socket))
            socket.on('error', () => {})
            socket.resume()
            socket.write(words)
            onTestFinished(() => {
              socket.destroy()
            })
          }),
      ),
    )
    expect((await request(base, '/')).status).toBe(200)
    await expect.poll(() => held.filter((socket) => !socket.closed).length, { timeout: 5000 }).toBeLessThan(64)
    expect(page).toMatchObject({ readyState: WebSocket.OPEN })
  },
)

test('a page is opened in a few windows, not in hundreds', async () => {
  const { base, token } = await serve()
  const opened: (WebSocket | number)[] = []
  for (let window = 0; window < 20; window++) opened.push(await connect(base, { protocols: [WIRE_PROTOCOL, tokenProtocol(token)] }))
  expect(opened.filter((each) => each === 503)).toHaveLength(4)
})
