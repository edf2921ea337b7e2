import { fromErrorShape } from '../../src-main/contract/errors.ts'
import { tokenProtocol, WIRE_PATH, WIRE_PROTOCOL, WireMessage } from '../../src-main/contract/wire.ts'
import { createListeners } from './listeners.ts'
import { ConnectionLost, type Transport } from './transport.ts'

const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 5000

interface Waiting {
  resolve(output: unknown): void
  reject(error: Error): void
}

/** Opens the page's socket; a test hands in its own. */
export type OpenSocket = () => WebSocket

/** Opens the host's socket on the page's own origin. */
export function openSocket(token: string | null): WebSocket {
  const url = new URL(WIRE_PATH, window.location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return new WebSocket(url, token === null ? [WIRE_PROTOCOL] : [WIRE_PROTOCOL, tokenProtocol(token)])
}

/**
 * The transport over a WebSocket. It opens the socket again, with growing pauses, for as long as the page lives. A call made
 * before the first opening waits for it; a call made while the socket is lost, or under way when it closes, is refused with
 * {@link ConnectionLost}.
 */
export function socketTransport(open: OpenSocket): Transport {
  const events = createListeners<unknown>()
  const connections = createListeners<boolean>()
  const waiting = new Map<number, Waiting>()
  const unsent: string[] = []
  let socket: WebSocket | null = null
  let connected: boolean | null = null
  let pause = FIRST_RETRY_MS
  let lastId = 0

  function connect(): void {
    const opened = open()
    opened.onopen = () => {
      socket = opened
      pause = FIRST_RETRY_MS
      connected = true
      for (const text of unsent.splice(0)) opened.send(text)
      connections.tell(true)
    }
    opened.onmessage = (message) => receive(String(message.data))
    opened.onclose = () => {
      socket = null
      connected = false
      unsent.length = 0
      for (const each of waiting.values()) each.reject(new ConnectionLost())
      waiting.clear()
      connections.tell(false)
      setTimeout(connect, pause)
      pause = Math.min(pause * 2, LONGEST_RETRY_MS)
    }
  }

  function receive(text: string): void {
    const message = WireMessage.parse(JSON.parse(text))
    if ('event' in message) return events.tell(message.event)
    const call = waiting.get(message.id)
    waiting.delete(message.id)
    if (!call) return
    if ('error' in message.result) call.reject(fromErrorShape(message.result.error))
    else call.resolve(message.result.output)
  }

  connect()
  return {
    call: (name, input) =>
      new Promise((resolve, reject) => {
        if (connected === false) return reject(new ConnectionLost())
        const id = ++lastId
        waiting.set(id, { resolve, reject })
        const text = JSON.stringify({ id, name, input })
        if (socket) socket.send(text)
        else unsent.push(text)
      }),
    onEvent: (listener) => events.add(listener),
    onConnection: (listener) => {
      if (connected !== null) listener(connected)
      return connections.add(listener)
    },
  }
}
