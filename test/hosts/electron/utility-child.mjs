// Loaded first in a stand-in for a utility process: a port to its parent in place of node's channel, and no end when the loop is empty.
import { EventEmitter } from 'node:events'

const send = process.send?.bind(process)
const parentPort = Object.assign(new EventEmitter(), {
  postMessage: (/** @type {unknown} */ message) => {
    send?.(message)
  },
})
process.on('message', (data) => parentPort.emit('message', { data }))
Object.assign(process, { parentPort })
process.send = undefined
setInterval(() => {}, 1 << 30)
