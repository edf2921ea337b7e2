import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ExpectedError } from '../../../src-main/contract/errors.ts'
import { socketTransport } from '../../../src-renderer/transports/socket.ts'
import { takeToken } from '../../../src-renderer/transports/token.ts'
import { ConnectionLost } from '../../../src-renderer/transports/transport.ts'

/** The four things the transport uses of a WebSocket. */
class FakeSocket {
  sent: { id: number; name: string; input: unknown }[] = []
  onopen: (() => void) | null = null
  onmessage: ((message: { data: string }) => void) | null = null
  onclose: (() => void) | null = null
  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }
  answer(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
}

let sockets: FakeSocket[]
const latest = (): FakeSocket => {
  const socket = sockets.at(-1)
  if (!socket) throw new Error('No socket was opened')
  return socket
}
const start = () =>
  socketTransport(() => {
    const socket = new FakeSocket()
    sockets.push(socket)
    return socket as unknown as WebSocket
  })

beforeEach(() => {
  sockets = []
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

describe('the socket transport', () => {
  it('sends a call made before the opening once it is open, and matches answers by number', async () => {
    const transport = start()
    const [first, second] = [transport.call('app.info', {}), transport.call('run.list', {})]
    latest().onopen?.()
    expect(latest().sent.map((each) => each.name)).toEqual(['app.info', 'run.list'])
    latest().answer({ id: latest().sent[1]?.id, result: { output: 'runs' } })
    latest().answer({ id: latest().sent[0]?.id, result: { output: 'info' } })
    expect(await Promise.all([first, second])).toEqual(['info', 'runs'])
  })

  it('turns wire errors back into errors with their code', async () => {
    const transport = start()
    latest().onopen?.()
    const call = transport.call('model.open', { path: '/x' })
    latest().answer({ id: latest().sent[0]?.id, result: { error: { code: 'folder-not-found', message: '', details: { folder: '/x' } } } })
    await expect(call).rejects.toEqual(new ExpectedError('folder-not-found', { folder: '/x' }))
  })

  it('refuses calls while the connection is lost and opens it again', async () => {
    const transport = start()
    const told: boolean[] = []
    transport.onConnection((connected) => told.push(connected))
    latest().onopen?.()
    const underWay = transport.call('run.list', {})
    latest().onclose?.()
    await expect(underWay).rejects.toBeInstanceOf(ConnectionLost)
    await expect(transport.call('run.list', {})).rejects.toBeInstanceOf(ConnectionLost)
    vi.advanceTimersByTime(300)
    expect(sockets).toHaveLength(2)
    latest().onopen?.()
    expect(told).toEqual([true, false, true])
  })

  it('waits longer each time, up to a limit', () => {
    start()
    const pauses: number[] = []
    for (let round = 0; round < 8; round += 1) {
      const before = sockets.length
      latest().onclose?.()
      let waited = 0
      while (sockets.length === before) {
        vi.advanceTimersByTime(50)
        waited += 50
      }
      pauses.push(waited)
    }
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000, 5000])
  })

  it('tells events', () => {
    const transport = start()
    const heard: unknown[] = []
    const stop = transport.onEvent((event) => heard.push(event))
    latest().onopen?.()
    const event = { kind: 'log', runId: 'r', level: 'info', line: { say: 'history-again' } }
    latest().answer({ event })
    stop()
    latest().answer({ event })
    expect(heard).toEqual([event])
  })
})

describe('the launch token', () => {
  it('is kept for the tab and taken out of the address', () => {
    sessionStorage.clear()
    history.replaceState(null, '', '/?a=1#token=abc_-9')
    expect(takeToken(window)).toBe('abc_-9')
    expect(location.hash).toBe('')
    expect(location.search).toBe('?a=1')
    expect(takeToken(window)).toBe('abc_-9')
  })

  it('is not confused with a page of the app', () => {
    sessionStorage.clear()
    history.replaceState(null, '', '/#/new/model')
    expect(takeToken(window)).toBeNull()
    expect(location.hash).toBe('#/new/model')
  })
})
