import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * Keeps a server to `most` connections: for one more, that goes which has waited longest without an answer under way or a page behind it.
 * Whatever else runs on this machine can neither take the descriptors that runs write with, nor keep the page out.
 */
export function makeRoom(server: Server, most: number): void {
  /** Who may have to go, the one that has waited longest first. */
  const waiting = new Set<Duplex>()
  let open = 0
  server.on('connection', (socket) => {
    open++
    waiting.add(socket)
    socket.once('close', () => {
      open--
      waiting.delete(socket)
    })
    const [oldest] = waiting
    if (open > most) oldest?.destroy()
  })
  server.on('request', ({ socket }, response) => {
    waiting.delete(socket)
    response.once('close', () => {
      if (!socket.destroyed) waiting.add(socket)
    })
  })
  server.on('upgrade', (_, socket) => {
    waiting.delete(socket)
  })
}
