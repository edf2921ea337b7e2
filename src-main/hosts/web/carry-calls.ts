import type { WebSocket } from 'ws'
import { WireRequest, type WireMessage } from '../../contract/wire.ts'
import { parseBoundedJson } from '../../formats/strict-json.ts'
import type { Service } from '../../service/service.ts'
import { answerCall } from '../answer-call.ts'

/** A page that reads this much slower than events come is cut off; it comes back and reads the state anew. */
const MAX_BACKLOG_BYTES = 16 << 20

/** A bundle of runs nests a dozen levels. */
const MAX_DEPTH = 64

/** WebSocket close codes. */
const PROTOCOL_ERROR = 1002
const TRY_AGAIN_LATER = 1013

/** Carries calls and events over one socket until it closes. A message that is no call closes it: our page never sends one. */
export function carryCalls(socket: WebSocket, service: Service, log: (text: string) => void): void {
  const send = (message: WireMessage): void => {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > MAX_BACKLOG_BYTES) return socket.close(TRY_AGAIN_LATER)
    socket.send(JSON.stringify(message))
  }
  const stop = service.subscribe((event) => send({ event }))
  const caller = service.connect()
  socket.on('close', () => {
    stop()
    caller.leave()
  })
  socket.on('error', (error) => log(String(error)))
  socket.on('message', (data, isBinary) => {
    const request = isBinary ? null : readRequest(data.toString())
    if (request === null) return socket.close(PROTOCOL_ERROR)
    void answerCall(caller, request, log).then((result) => send({ id: request.id, result }))
  })
}

function readRequest(text: string): WireRequest | null {
  if (!text.startsWith('{')) return null
  try {
    return WireRequest.parse(parseBoundedJson(text, MAX_DEPTH))
  } catch {
    return null // whatever it is, it is no call
  }
}
